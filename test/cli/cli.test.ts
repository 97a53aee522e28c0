import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openKeysInFile } from '../../src/auth/keys-in-file.ts'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-cli-'))
})
afterEach(() => rm(folder, { recursive: true }))

const acsSystemId = '11111111-1111-4111-8111-111111111111'
const acsUserId = '22222222-2222-4222-8222-222222222222'

/** Runs the command as a person would, and answers what it said. */
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
  test('create prints the key alone on stdout, and the key opens what was asked for', async () => {
    const made = await latchkey(
      `keys create --name ada --scopes read,codes:read --systems ${acsSystemId} --resident ${acsUserId} --expires 90d`,
    )
    expect(made.code).toBe(0)
    expect(made.out).toMatch(/^\S+\n$/)
    expect(made.advice).toContain('Bearer')
    const store = await openKeysInFile({ file: join(folder, 'keys.db') })
    const found = await store.find(made.out.trim())
    await store.close()
    expect(found).toMatchObject({ name: 'ada' })
    const days = (Date.parse(found?.expiresAt ?? '') - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(90)
  })

  test('list shows every key and no secret', async () => {
    const { out: key } = await latchkey('keys create --name ada --scopes read,events')
    await latchkey(
      `keys create --name eve --scopes read --systems ${acsSystemId} --graph partner --expires 2100-01-31`,
    )
    const { code, out } = await latchkey('keys list')
    expect(code).toBe(0)
    expect(out).toMatch(/^NAME +SCOPES +REACH +GRAPH +CREATED +EXPIRES/)
    expect(out).toMatch(/ada +read,events +everything +whole +\d{4}-\d\d-\d\d +never/)
    expect(out).toMatch(/eve +read +1 system +partner +\d{4}-\d\d-\d\d +2100-01-31/)
    for (const part of key
      .trim()
      .split(/[._]/)
      .filter(({ length }) => length >= 16))
      expect(out).not.toContain(part)
  })

  test('revoke ends a key, and says when there is none of that name', async () => {
    const { out: key } = await latchkey('keys create --name ada --scopes read')
    expect((await latchkey('keys revoke ada')).code).toBe(0)
    const store = await openKeysInFile({ file: join(folder, 'keys.db') })
    expect(await store.find(key.trim())).toBeNull()
    await store.close()
    expect(await latchkey('keys revoke ada')).toMatchObject({
      code: 2,
      advice: expect.stringContaining('no key named "ada"'),
    })
  })

  test('a name is given once', async () => {
    await latchkey('keys create --name ada --scopes read')
    const again = await latchkey('keys create --name ada --scopes read')
    expect(again.code).toBe(2)
    expect(again.advice).toContain('ada')
    expect(again.out).toBe('')
  })
})

describe('what can not be understood is told in one message, with exit code 2', () => {
  test.each([
    ['keys mint', 'no command "keys mint"'],
    ['nonsense', 'Known are: keys create'],
    ['keys create --scopes read', '--name NAME'],
    ['keys create --name a', '--scopes read,write'],
    ['keys create --name a --scopes reed', '"reed" is no scope. Known are: read, write'],
    ['keys create --name a --scopes read,', 'empty part'],
    ['keys create --name a --scopes read --systems nonsense', '"nonsense" is no id of an AcsSystem'],
    [`keys create --name a --scopes read --systems ${acsSystemId},`, 'empty part'],
    ['keys create --name a --scopes read --resident 7', '"7" is no id of an AcsUser'],
    ['keys create --name a --scopes read --graph some', '"some" is no graph. Known are: whole, partner'],
    ['keys create --name a --scopes read,admin --graph partner', "can't have the scope admin"],
    ['keys create --name a --scopes read --expires soon', '"soon" is no time'],
    ['keys create --name a --scopes read --expires 2001-01-01', 'over already'],
    ['keys create --name a --scopes read --colour red', '--colour'],
    ['keys create --name a --scopes read more', '"more" is one word too many'],
    ['keys create --name', '--name'],
    ['keys list all', 'one word too many'],
    ['keys revoke', 'keys revoke NAME'],
    ['doctor --fast', '--fast'],
  ])('%s', async (args, message) => {
    const { code, out, advice } = await latchkey(args)
    expect(advice).toContain(message)
    expect(advice.trim().split('\n')).toHaveLength(1)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
})

describe('cursors', () => {
  test('rotate lets another secret sign, and the one before it verify', async () => {
    expect(await latchkey('cursors rotate')).toMatchObject({
      code: 2,
      advice: expect.stringContaining('no journal yet'),
    })
    const journal = await openSqliteJournal({ file: join(folder, 'journal-w.db') })
    const [first] = await journal.signingKeys()
    expect((await latchkey('cursors rotate')).code).toBe(0)
    const [second, ...others] = await journal.signingKeys()
    expect(others).toEqual([first])
    expect(second?.id).not.toBe(first?.id)
    await journal.close()
  })
})

test('journal renew begins a new epoch over what is there', async () => {
  expect((await latchkey('journal renew')).code).toBe(2)
  const file = join(folder, 'journal-w.db')
  const journal = await openSqliteJournal({ file })
  await journal.close()
  expect((await latchkey('journal renew')).code).toBe(0)
  const renewed = await openSqliteJournal({ file })
  expect(renewed.epoch).not.toBe(journal.epoch)
  await renewed.close()
})

test('help, in every way people ask for it, names each command and each variable', async () => {
  const [bare, word, flag] = await Promise.all(['', 'help', 'keys --help'].map((args) => latchkey(args)))
  expect(bare).toEqual(word)
  expect(flag).toEqual(word)
  expect(word?.code).toBe(0)
  for (const name of [
    'keys create',
    'keys revoke',
    'doctor',
    'SEAM_API_KEY',
    'RECONCILE_SECONDS',
    'codes:read',
  ])
    expect(word?.out).toContain(name)
})

test('an environment that is wrong is told by every command that needs it', async () => {
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

  test('finds nothing wrong with nothing configured, and says what could be done next', async () => {
    const { code, out } = await latchkey('doctor')
    expect(out).not.toContain('FAIL')
    expect(out).toContain('keys create')
    expect(code).toBe(0)
  })

  test('finds a real workspace in order', async () => {
    await latchkey('keys create --name ada --scopes read')
    await (await openSqliteJournal({ file: join(folder, 'journal-w1.db') })).close()
    const { code, out } = await latchkey('doctor', {
      SEAM_API_KEY: apiKey,
      SEAM_ENDPOINT: endpoint,
      PUBLIC_URL: 'https://gateway.example.com',
    })
    expect(out).toMatch(/ok +Clock +\d/)
    expect(out).toMatch(/ok +Seam key +opens the workspace "Elm Street", a sandbox/)
    expect(out).toMatch(/ok +Keys +1 in/)
    expect(out).toMatch(/ok +Journal +\S+journal-w1.db at change 0/)
    expect(out).toContain('https://gateway.example.com/webhooks/seam')
    expect(code).toBe(0)
  })

  test('names each thing that is wrong with what to do about it, and never the key', async () => {
    await writeFile(join(folder, 'keys.db'), 'not a database, '.repeat(100))
    await writeFile(join(folder, 'journal-w1.db'), 'not a database, '.repeat(100))
    date = new Date(Date.now() - 3_600_000)
    const { code, out } = await latchkey('doctor', {
      SEAM_API_KEY: 'seam_test1_other',
      SEAM_ENDPOINT: endpoint,
    })
    expect(out).toMatch(/FAIL +Keys +.*\n +→ Put a backup/)
    expect(out).toMatch(/FAIL +Journal +.*\n +→ Put a backup/)
    expect(out).toMatch(/FAIL +Clock +3[56]\d\d\.\d s .*\n +→ Set the clock/)
    expect(out).toMatch(/FAIL +Seam key +.*\n +→ Take an API key/)
    expect(out).toMatch(/note +Webhook .*\n +→ Set PUBLIC_URL/)
    expect(out).not.toContain('seam_test1_other')
    expect(code).toBe(1)
  })

  test('tells a Seam that can not be reached from one that refuses', async () => {
    seam.close()
    await once(seam, 'close')
    const { code, out } = await latchkey('doctor', { SEAM_API_KEY: apiKey, SEAM_ENDPOINT: endpoint })
    expect(out).toMatch(/FAIL +Clock +http:\/\/127\.0\.0\.1:\d+ can't be reached: .*ECONNREFUSED/)
    expect(code).toBe(1)
  })

  test('a data folder that is a file, and an environment that can not be read, fail', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    expect((await latchkey('doctor', { DATA_DIR: file })).out).toMatch(/FAIL +Data .*it is a file/)
    expect(await latchkey('doctor', { PORT: 'x' })).toMatchObject({
      code: 1,
      out: expect.stringMatching(/FAIL +Config/),
    })
  })
})
