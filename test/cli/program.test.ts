import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFileApiKeyStore } from '../../src/auth/api-keys/file-api-key-store.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-cli-'))
})
afterEach(() => rm(folder, { recursive: true }))

const acsSystemId = '11111111-1111-4111-8111-111111111111'
const acsUserId = '22222222-2222-4222-8222-222222222222'

/** Runs the command line in a child process. Returns its exit code, stdout and stderr. */
function latchkey(
  args: string,
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; advice: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['src/cli.ts', ...args.split(' ').filter((word) => word !== '')],
      { env: { DATA_DIR: folder, ...env } },
      (_error, out, advice) => resolve({ code: child.exitCode ?? -1, out, advice }),
    )
  })
}

describe('keys', () => {
  test('create should print only the API key on stdout, and store it with the requested name and expiry', async () => {
    const made = await latchkey(
      `keys create --name ada --scopes read,codes:read --systems ${acsSystemId} --resident ${acsUserId} --expires 90d`,
    )
    expect(made.code).toBe(0)
    expect(made.out).toMatch(/^\S+\n$/)
    expect(made.advice).toContain('Bearer')
    const store = await openFileApiKeyStore({ file: join(folder, 'keys.db') })
    const found = await store.findByKey(made.out.trim())
    await store.close()
    expect(found).toMatchObject({ name: 'ada' })
    const days = (Date.parse(found?.expiresAt ?? '') - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(90)
  })

  test('list should print every API key and no secret', async () => {
    const { out: key } = await latchkey('keys create --name ada --scopes read,events')
    await latchkey(
      `keys create --name eve --scopes read --systems ${acsSystemId} --graph partner --expires 2100-01-31`,
    )
    const { code, out } = await latchkey('keys list')
    expect(code).toBe(0)
    expect(out).toMatch(/^NAME +SCOPES +ACCESS +GRAPH +CREATED +EXPIRES/)
    expect(out).toMatch(/ada +read,events +everything +whole +\d{4}-\d\d-\d\d +never/)
    expect(out).toMatch(/eve +read +1 system +partner +\d{4}-\d\d-\d\d +2100-01-31/)
    for (const part of key
      .trim()
      .split(/[._]/)
      .filter(({ length }) => length >= 16))
      expect(out).not.toContain(part)
  })

  test('revoke should delete an API key, and fail if no API key has that name', async () => {
    const { out: key } = await latchkey('keys create --name ada --scopes read')
    expect((await latchkey('keys revoke ada')).code).toBe(0)
    const store = await openFileApiKeyStore({ file: join(folder, 'keys.db') })
    expect(await store.findByKey(key.trim())).toBeNull()
    await store.close()
    expect(await latchkey('keys revoke ada')).toMatchObject({
      code: 2,
      advice: expect.stringContaining('no API key named "ada"'),
    })
  })

  test('narrow should take permissions from an API key, and refuse to give it any', async () => {
    const { out: key } = await latchkey('keys create --name ada --scopes read,write --expires 2100-01-31')
    const { code, out, advice } = await latchkey(
      `keys narrow ada --scopes read --systems ${acsSystemId} --resident ${acsUserId} --expires 2099-01-31`,
    )
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(advice).toContain(`read, resident ${acsUserId} in 1 system, expires 2099-01-31`)
    const store = await openFileApiKeyStore({ file: join(folder, 'keys.db') })
    const narrowed = await store.findByKey(key.trim())
    expect(narrowed).toMatchObject({
      ...{ scopes: ['read'], acsSystemIds: [acsSystemId], residentId: acsUserId },
      expiresAt: '2099-01-31T00:00:00.000Z',
    })
    for (const [options, message] of [
      ['--scopes read,write', 'does not have the scope write'],
      ['--expires 2099-02-01', 'expires at 2099-01-31T00:00:00.000Z'],
      ['', 'at least one of --scopes'],
    ])
      expect(await latchkey(`keys narrow ada ${options}`)).toMatchObject({
        code: 2,
        advice: expect.stringContaining(message ?? ''),
      })
    expect(await latchkey('keys narrow eve --scopes read')).toMatchObject({
      code: 2,
      advice: expect.stringContaining('no API key named "eve"'),
    })
    expect(await store.findByKey(key.trim())).toEqual(narrowed)
    await store.close()
  })

  test('create should reject a name that is in use', async () => {
    await latchkey('keys create --name ada --scopes read')
    const again = await latchkey('keys create --name ada --scopes read')
    expect(again.code).toBe(2)
    expect(again.advice).toContain('ada')
    expect(again.out).toBe('')
  })
})

describe('an invalid command line should print the problem and the usage of its command, with exit code 2', () => {
  test.each([
    ['keys mint', "unknown command 'mint'", 'keys [options] [command]'],
    ['nonsense', "unknown command 'nonsense'", 'COMMAND [options]'],
    ['docter', 'Did you mean doctor?', 'COMMAND [options]'],
    ['webhook statsu', 'Did you mean status?', 'webhook [options] [command]'],
    ['keys create --scopes read', "required option '--name <name>'", 'keys create [options]'],
    ['keys create --name a', "required option '--scopes <scopes>'", 'keys create [options]'],
    ['keys create --name a --scopes reed', '"reed" is not a scope. Known scopes: read, write', 'keys create'],
    ['keys create --name a --scopes read,', 'empty part', 'keys create'],
    [
      'keys create --name a --scopes read --systems nonsense',
      '"nonsense" is not an id of an AcsSystem',
      'keys',
    ],
    [`keys create --name a --scopes read --systems ${acsSystemId},`, 'empty part', 'keys create'],
    ['keys create --name a --scopes read --resident 7', '"7" is not an id of an AcsUser', 'keys create'],
    [
      'keys create --name a --scopes read --graph some',
      '"some" is not a graph. Known graphs: whole, partner',
      'keys',
    ],
    ['keys create --name a --scopes read,admin --graph partner', "can't have the scope admin", 'keys create'],
    ['keys create --name a --scopes read --expires soon', '"soon" is not a time', 'keys create'],
    ['keys create --name a --scopes read --expires 2001-01-01', 'in the past', 'keys create'],
    ['keys create --name a --scopes read --colour red', "unknown option '--colour'", 'keys create'],
    ['keys create --name a --scopes read more', 'too many arguments', 'keys create'],
    ['keys create --name', 'argument missing', 'keys create'],
    ['keys list all', 'too many arguments', 'keys list'],
    ['keys revoke', "missing required argument 'name'", 'keys revoke [options] <name>'],
    ['doctor --fast', "unknown option '--fast'", 'doctor [options]'],
    ['import residents.csv', "required option '--system <id>'", 'import [options] <file>'],
  ])('%s', async (args, message, usage) => {
    const { code, out, advice } = await latchkey(args)
    expect(advice).toContain(message)
    expect(advice.trim().split('\n').at(-1)).toContain(`Usage: latchkey ${usage}`)
    expect(advice.trim().split('\n').length).toBeLessThanOrEqual(3)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
})

describe('help', () => {
  test.each([
    ['', /keys .*\n[\s\S]*SEAM_API_KEY/],
    ['--help', /keys .*\n[\s\S]*SEAM_API_KEY/],
    ['help keys', /create[\s\S]*list[\s\S]*narrow[\s\S]*revoke/],
    ['keys create --help', /--scopes <scopes>[\s\S]*codes:read/],
    ['help import', /--dry-run[\s\S]*mobileKeyDoors/],
  ])('should go to stdout for %j, with exit code 0', async (args, expected) => {
    const { code, out, advice } = await latchkey(args)
    expect(out).toMatch(expected)
    expect({ code, advice }).toEqual({ code: 0, advice: '' })
  })
})

describe('cursors', () => {
  test('rotate should sign with a new signing key and still verify with the previous one', async () => {
    expect(await latchkey('cursors rotate')).toMatchObject({
      code: 2,
      advice: expect.stringContaining('no journal yet'),
    })
    const journal = await openSqliteJournal({ file: join(folder, 'journal-w.db') })
    const [first] = await journal.listSigningKeys()
    expect((await latchkey('cursors rotate')).code).toBe(0)
    const [second, ...others] = await journal.listSigningKeys()
    expect(others).toEqual([first])
    expect(second?.id).not.toBe(first?.id)
    await journal.close()
  })

  test('rotate should not release the leases of a running gateway', async () => {
    const journal = await openSqliteJournal({ file: join(folder, 'journal-w.db') })
    await journal.acquireLease('work', 'the gateway', 600_000)
    expect((await latchkey('cursors rotate')).code).toBe(0)
    expect(await journal.acquireLease('work', 'another', 600_000)).toBeNull()
    await journal.close()
  })
})

test('journal renew should begin a new epoch in an existing journal', async () => {
  expect((await latchkey('journal renew')).code).toBe(2)
  const file = join(folder, 'journal-w.db')
  const journal = await openSqliteJournal({ file })
  await journal.close()
  expect((await latchkey('journal renew')).code).toBe(0)
  const renewed = await openSqliteJournal({ file })
  expect(renewed.epoch).not.toBe(journal.epoch)
  await renewed.close()
})

test('no argument, help and --help should print the same help, with each group of commands and the variables', async () => {
  const [bare, word, flag] = await Promise.all(['', 'help', '--help'].map((args) => latchkey(args)))
  expect(bare).toEqual(word)
  expect(flag).toEqual(word)
  expect(word?.code).toBe(0)
  for (const name of ['keys', 'doctor', 'webhook', 'import', 'SEAM_API_KEY', 'RECONCILE_SECONDS'])
    expect(word?.out).toContain(name)
})

test('a command that reads the environment should fail with all problems of an invalid environment', async () => {
  const { code, advice } = await latchkey('keys list', { PORT: 'abc', SEAM_KEY: 'x' })
  expect(code).toBe(1)
  expect(advice).toContain('PORT is "abc"')
  expect(advice).toContain('did you mean SEAM_API_KEY?')
})

describe('doctor', () => {
  let seam: Server
  let endpoint: string
  let date: Date
  const apiKey = 'seam_test1_key'
  beforeEach(async () => {
    date = new Date()
    seam = createServer((request, response) => {
      const isKnown = request.headers.authorization === `Bearer ${apiKey}`
      const workspace = { workspace_id: acsSystemId, name: 'Elm Street', is_sandbox: true }
      const error = { type: 'unauthorized', message: 'No such key.' }
      response.sendDate = false
      response.writeHead(isKnown || request.method === 'HEAD' ? 200 : 401, {
        date: date.toUTCString(),
        'content-type': 'application/json',
      })
      response.end(JSON.stringify(isKnown ? { ok: true, workspace } : { ok: false, error }))
    }).listen(0, '127.0.0.1')
    await once(seam, 'listening')
    endpoint = `http://127.0.0.1:${(seam.address() as AddressInfo).port}`
  })
  afterEach(() => {
    seam.closeAllConnections()
    seam.close()
  })

  test('should report no failure without any configuration, and advise what to do next', async () => {
    const { code, out } = await latchkey('doctor')
    expect(out).not.toContain('FAIL')
    expect(out).toContain('keys create')
    expect(code).toBe(0)
  })

  test('should report a workspace with a valid API key as ok', async () => {
    await latchkey('keys create --name ada --scopes read')
    await (await openSqliteJournal({ file: join(folder, 'journal-w1.db') })).close()
    const { code, out } = await latchkey('doctor', {
      SEAM_API_KEY: apiKey,
      SEAM_ENDPOINT: endpoint,
    })
    expect(out).toMatch(/ok +Clock +\d/)
    expect(out).toMatch(/ok +Seam key +valid for the workspace "Elm Street", a sandbox/)
    expect(out).toMatch(/ok +Keys +1 in/)
    expect(out).toMatch(/ok +Journal +\S+journal-w1.db at change 0, writable/)
    expect(code).toBe(0)
  })

  test('should print each failure with advice, and never the API key', async () => {
    await writeFile(join(folder, 'keys.db'), 'not a database, '.repeat(100))
    await writeFile(join(folder, 'journal-w1.db'), 'not a database, '.repeat(100))
    date = new Date(Date.now() - 3_600_000)
    const { code, out } = await latchkey('doctor', {
      SEAM_API_KEY: 'seam_test1_other',
      SEAM_ENDPOINT: endpoint,
    })
    expect(out).toMatch(/FAIL +Keys +.*\n +→ Restore a backup/)
    expect(out).toMatch(/FAIL +Journal +.*\n +→ Make the file writable/)
    expect(out).toMatch(/FAIL +Clock +3[56]\d\d\.\d s .*\n +→ Set the clock/)
    expect(out).toMatch(/FAIL +Seam key +.*\n +→ Create an API key/)
    expect(out).toMatch(/note +Webhook .*\n +→ Set PUBLIC_URL/)
    expect(out).not.toContain('seam_test1_other')
    expect(code).toBe(1)
  })

  test('should report that Seam is unreachable', async () => {
    seam.close()
    await once(seam, 'close')
    const { code, out } = await latchkey('doctor', { SEAM_API_KEY: apiKey, SEAM_ENDPOINT: endpoint })
    expect(out).toMatch(/FAIL +Clock +http:\/\/127\.0\.0\.1:\d+ can't be reached: .*ECONNREFUSED/)
    expect(code).toBe(1)
  })

  test('should fail for a data folder that is a file, and for an invalid environment', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    expect((await latchkey('doctor', { DATA_DIR: file })).out).toMatch(/FAIL +Data .*it is a file/)
    expect(await latchkey('doctor', { PORT: 'x' })).toMatchObject({
      code: 1,
      out: expect.stringMatching(/FAIL +Config/),
    })
  })
})
