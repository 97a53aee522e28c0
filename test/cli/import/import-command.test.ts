import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  listSeamWrites,
  mutate,
  mutateSuccessfully,
  readSandboxObjects,
} from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

type Door = {
  readonly acs_entrance_id: string
  readonly display_name: string
  readonly can_unlock_with_code?: boolean
}

/** Runs `latchkey import` in a child process. */
async function runImport(args: readonly string[]) {
  const child = spawn(process.execPath, ['src/cli.ts', 'import', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, advice, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ])
  return { lines: out.split('\n').slice(0, -1), advice, code }
}

describe('importing residents', () => {
  let world: World
  let acsSystemId: string
  let doors: Door[]
  beforeAll(async () => {
    world = await startWorld({ sandbox: { systems: 1, doors: 12, residents: 3 } })
    acsSystemId = world.sandbox.ids().acsSystemIds[0] ?? ''
    const { acs_entrances } = await callSandbox<{ acs_entrances: Door[] }>(world, 'acs/entrances/list')
    doors = acs_entrances.filter((door) => door.can_unlock_with_code === true)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const run = (file: string, ...flags: string[]) =>
    runImport([file, '--system', acsSystemId, '--url', world.url, ...flags])

  async function fileOf(...rows: string[]): Promise<string> {
    return fileWith('fullName,emailAddress,startsAt,endsAt,mobileKeyDoors,codeDoors', ...rows)
  }

  async function fileWith(header: string, ...rows: string[]): Promise<string> {
    const file = join(world.dataDir, 'residents.csv')
    await writeFile(file, `\uFEFF${[header, ...rows].join('\r\n')}\r\n`)
    return file
  }

  it('should report in a dry run what would happen, and move each resident in only once', {
    timeout: 180_000,
  }, async () => {
    const door = doors[0]?.acs_entrance_id ?? ''
    const good = Array.from(
      { length: 23 },
      (_, index) => `"Person ""${index}"", Jr",p${index}@example.com,2099-01-01T00:00:00Z,,${door},${door}`,
    )
    const file = await fileOf(
      ...good,
      'No Door,,2099-01-01T00:00:00Z,,Narnia,',
      'No Time,,01/01/2099,,,',
      `Bad Mail,nowhere,2099-01-01T00:00:00Z,,${door},`,
    )
    const before = await readSandboxObjects(world)
    world.sandbox.resetCalls()
    const dry = await run(file, '--dry-run')
    expect(listSeamWrites(world)).toEqual([])
    expect(dry.code).toBe(1)
    expect(dry.advice).toContain('23 of 26 would move in.')
    expect(dry.lines[0]).toBe(
      '2\twould move in\tPerson "0", Jr\tfrom 2098-12-31 19:00 without end (America/New_York)',
    )

    const real = await run(file)
    expect(real.code).toBe(1)
    expect(real.lines.slice(23)).toEqual([
      '25\trefused\tNo Door\tThere is no door "Narnia" in this building.',
      expect.stringMatching(/^26\trefused\tNo Time\tstartsAt "01\/01\/2099" is neither a date such as/),
      expect.stringMatching(
        /^27\trefused\tBad Mail\temailAddress: This is not a valid email address for Seam/,
      ),
    ])
    const after = await readSandboxObjects(world)
    expect(after.users.length - before.users.length).toBe(23)
    expect(after.credentials.length - before.credentials.length).toBe(46)

    const again = await run(file)
    expect(again.lines).toEqual(real.lines)
    expect((await readSandboxObjects(world)).users).toHaveLength(after.users.length)
  })

  it('should continue after a failure when the file is imported again', { timeout: 180_000 }, async () => {
    const door = doors[0]?.acs_entrance_id ?? ''
    const file = await fileOf(
      ...Array.from(
        { length: 5 },
        (_, index) => `Again ${index},a${index}@example.com,2099-01-01T00:00:00Z,,${door},`,
      ),
    )
    const before = (await readSandboxObjects(world)).users.length
    world.sandbox.addFault({ kind: 'status', status: 401, route: 'acs/users/create', times: 2 })
    const first = await run(file)
    expect(first.code).toBe(1)
    expect(first.lines.filter((line) => line.split('\t')[1] === 'failed')).toHaveLength(2)
    const second = await run(file)
    expect(second.code).toBe(0)
    const { users, identities } = await readSandboxObjects(world)
    expect(users.length - before).toBe(5)
    expect(identities.filter((row) => String(row.full_name).startsWith('Again'))).toHaveLength(5)
  })

  it('should refuse a phone number in use unless sameUser says whether it is the same resident', {
    timeout: 180_000,
  }, async () => {
    const door = doors[0]?.acs_entrance_id ?? ''
    const { user_identity } = await callSandbox<{ user_identity: { user_identity_id: string } }>(
      world,
      'user_identities/create',
      { full_name: 'Ann Poe', phone_number: '+12125550190' },
    )
    const line = (name: string, number: string, sameUser = '') =>
      `${name},${number},2099-01-01T00:00:00Z,${door},${sameUser}`
    const columns = 'fullName,phoneNumber,startsAt,mobileKeyDoors,sameUser'
    const file = await fileWith(
      columns,
      line('Bo Other', '+12125550190'),
      line('Cy First', '+12125550191'),
      line('Di Second', '+12125550191'),
      line('Ed Third', '+12125550192', 'maybe'),
    )
    for (const flags of [['--dry-run'], []]) {
      const { lines, code } = await run(file, ...flags)
      expect(code).toBe(1)
      expect(lines[0]).toMatch(/^2\trefused\tBo Other\tphoneNumber: The user identity /)
      expect(lines[0]).toContain(user_identity.user_identity_id)
      expect(lines[1]).toMatch(/^3\t(would move|moved) in\tCy First\tfrom /)
      expect(lines[2]).toMatch(
        /^4\trefused\tDi Second\tIt has the same phone number as line 3, but a different/,
      )
      expect(lines[3]).toMatch(/^5\trefused\tEd Third\tsameUser "maybe" is neither true nor false/)
    }
    const mended = await fileWith(
      columns,
      line('Bo Other', '+12125550190', 'false'),
      line('Di Second', '+12125550191', 'false'),
      line('Ann Married', '+12125550190', 'true'),
    )
    expect((await run(mended)).code).toBe(0)
    const { users } = await readSandboxObjects(world)
    const mine = users.filter((row) => row.user_identity_id === user_identity.user_identity_id)
    expect(mine.map((row) => row.full_name)).toEqual(['Ann Married'])
  })

  it('should reject a file that is missing or has unknown columns', async () => {
    expect((await run(join(world.dataDir, 'nothing.csv'))).advice).toContain("can't be read")
    const file = join(world.dataDir, 'odd.csv')
    await writeFile(file, 'fullName,shoeSize\nJane,38\n')
    const { advice, code } = await run(file)
    expect(code).toBe(2)
    expect(advice).toContain('"shoeSize" is not a column. The column startsAt is missing.')
  })

  it('should name each unknown or duplicate column, and suggest a known one', async () => {
    const { advice, code, lines } = await run(
      await fileWith('Full Name,startAt,phone,emailAdress,endsAt,endsAt,a\u001B[31mb', 'Jane,,,,,,'),
    )
    expect({ code, lines }).toEqual({ code: 2, lines: [] })
    expect(advice).toContain('The column "endsAt" appears twice.')
    expect(advice).toContain('"Full Name" is not a column. Did you mean fullName?')
    expect(advice).toContain('"startAt" is not a column. Did you mean startsAt?')
    expect(advice).toContain('"phone" is not a column. Did you mean phoneNumber?')
    expect(advice).toContain('"emailAdress" is not a column. Did you mean emailAddress?')
    expect(advice).toContain('"a\\u001b[31mb" is not a column. The column')
    expect(advice).not.toContain('\u001B')
  })

  it('should read and print times in the building’s time zone', { timeout: 180_000 }, async () => {
    const door = doors[0]?.display_name ?? ''
    const header = 'fullName;startsAt;endsAt;mobileKeyDoors'
    const plain = await run(await fileWith(header, `Dated One;2099-06-01;2099-06-30;${door}`))
    expect(plain.lines).toEqual([
      '2\tmoved in\tDated One\tfrom 2099-06-01 00:00 to 2099-06-30 23:59 (America/New_York)',
    ])
    const timed = await run(
      await fileWith(
        header,
        `Dated Two;2099-06-01;2099-06-30T12:00;${door}`,
        `Dated Three;2099-06-01;2099-06-30;${door}`,
      ),
      '--time',
      '15:00',
    )
    expect(timed.lines).toEqual([
      '2\tmoved in\tDated Two\tfrom 2099-06-01 15:00 to 2099-06-30 12:00 (America/New_York)',
      '3\tmoved in\tDated Three\tfrom 2099-06-01 15:00 to 2099-06-30 15:00 (America/New_York)',
    ])
    const { users, credentials } = await readSandboxObjects(world)
    const times = ['Dated One', 'Dated Two', 'Dated Three'].map((name) => {
      const user = users.find((row) => row.full_name === name)
      const key = credentials.find((row) => row.acs_user_id === user?.acs_user_id)
      return [key?.starts_at, key?.ends_at].map((time) => Date.parse(String(time)))
    })
    const expected = [
      ['2099-06-01T04:00:00Z', '2099-07-01T03:59:59Z'],
      ['2099-06-01T19:00:00Z', '2099-06-30T16:00:00Z'],
      ['2099-06-01T19:00:00Z', '2099-06-30T19:00:00Z'],
    ]
    expect(times).toEqual(expected.map((pair) => pair.map((time) => Date.parse(time))))
    // The same line with another time would be a second stay of the same resident.
    const again = await run(
      await fileWith(header, `Dated One;2099-06-01;2099-06-30;${door}`),
      '--time',
      '15:00',
    )
    expect(again.lines[0]).toMatch(/^2\trefused\tDated One\t.*within the last 24 hours with another --time/)
  })

  it('should report duplicates in the file and in the building in a dry run', async () => {
    const door = doors[0]?.display_name ?? ''
    const acsUser = async (fullName: string, contact: object) =>
      (await mutateSuccessfully(world, 'createAcsUser', { acsSystemId, fullName, ...contact }))
        .acsUserId as string
    const named = await acsUser('Lee Named', {})
    const called = await acsUser('Lee Called', { phoneNumber: '+12125550170' })
    await acsUser('Lee Mailed', { emailAddress: 'lee@example.com' })
    const row = (name: string, email: string, phone: string, sameUser = '') =>
      `${name},${email},${phone},2099-01-01,${door},${sameUser}`
    const file = await fileWith(
      'fullName,emailAddress,phoneNumber,startsAt,mobileKeyDoors,sameUser',
      row('Max One', 'max@example.com', '+1 212 555 0160'),
      row('Max Two', 'MAX@example.com', ''),
      row('max  one', '', '+1 (212) 555-0160'),
      row('Max Three', '', '+12125550160', 'true'),
      row('Max Four', '', '+12125550160', 'false'),
      row('Max Five', '', ''),
      row('Max Five', '', ''),
      row('Max Five', 'five@example.com', ''),
      row('Máx Five', 'other.five@example.com', ''),
      row('LEE NAMED', '', ''),
      row('Lee Other', '', '+1 212-555-0170'),
      row('Lee Mailed', 'Lee@example.com', ''),
    )
    const { lines, code } = await run(file, '--dry-run')
    expect(code).toBe(1)
    const said = Object.fromEntries(
      lines.map((line) => [line.split('\t')[0], line.split('\t').slice(1).join(' | ')]),
    )
    expect(said).toMatchObject({
      2: expect.stringMatching(/^would move in \| Max One \| from [^|]*$/),
      3: expect.stringMatching(
        /^refused .* same e-mail address as line 2, and Latch accepts each address only once/,
      ),
      4: expect.stringMatching(
        /^refused .* same name and phone number as line 2\..* false into the column sameUser/,
      ),
      5: expect.stringMatching(/^refused .* is the same resident as line 2\./),
      6: expect.stringMatching(/^would move in \| Max Four \| from [^|]*$/),
      7: expect.stringMatching(/^would move in \| Max Five \| from [^|]*$/),
      8: 'refused | Max Five | It is the same as line 7. Remove one of them.',
      9: expect.stringMatching(/^would move in .*same name as line 7\.$/),
      11: expect.stringMatching(
        new RegExp(`^would move in .*Lee Named .ACS user ${named}. already exists .* same name`),
      ),
      12: expect.stringMatching(
        new RegExp(`^would move in .*Lee Called .ACS user ${called}. already exists .* same phone number`),
      ),
      13: expect.stringMatching(/^refused .*emailAddress: Another ACS user in this ACS system .*Lee Mailed/),
    })
  })

  it('should read a file in its own encoding, or reject it before the first resident moves in', {
    timeout: 180_000,
  }, async () => {
    const door = doors[0]?.display_name ?? ''
    const file = join(world.dataDir, 'windows.csv')
    const rows = `fullName,startsAt,mobileKeyDoors\r\nJosé Müller,2099-01-01,${door}\r\n`
    await writeFile(file, Buffer.from(rows, 'latin1'))
    world.sandbox.resetCalls()
    const refused = await run(file)
    expect(refused).toMatchObject({ code: 2, lines: [] })
    expect(refused.advice).toContain('--encoding windows-1252')
    await writeFile(join(world.dataDir, 'book.xlsx'), Buffer.from('PK\x03\x04\x14\0', 'latin1'))
    const book = await run(join(world.dataDir, 'book.xlsx'))
    expect(book).toMatchObject({ code: 2, advice: expect.stringContaining('(.xlsx') })
    expect(listSeamWrites(world)).toEqual([])
    expect((await run(file, '--encoding', 'windows-1252')).code).toBe(0)
    expect((await readSandboxObjects(world)).users.map((row) => row.full_name)).toContain('José Müller')
  })

  it('should escape control characters of names in the report', async () => {
    const door = doors[0]?.display_name ?? ''
    const lost = 'Jos\uFFFD M\uFFFDller'
    const names = ['"Two\r\nLines"', 'A\tTab', 'Red \u001B[31mName', 'Zero\0', '\u200B', 'R\u202Eight', lost]
    const file = await fileWith(
      'fullName,startsAt,mobileKeyDoors',
      ...names.map((name) => `${name},2099-01-01,${door}`),
      'Bad Door,2099-01-01,"Gar\u001B]0;x\u0007age"',
    )
    const { lines, advice } = await run(file, '--dry-run')
    expect(lines.map((line) => line.split('\t').slice(0, 3).join(' '))).toEqual([
      '2 refused Two\\nLines',
      '4 refused A\\tTab',
      '5 refused Red \\u001b[31mName',
      '6 refused Zero\\u0000',
      '7 refused \u200B',
      '8 would move in R\\u202eight',
      `9 refused ${lost}`,
      '10 refused Bad Door',
    ])
    expect(lines.join('') + advice.replaceAll('\n', '')).not.toMatch(/[^\P{Cc}\t]|\u202E/u)
  })

  it('should report a refusal by Seam with the line, the column and what to do', {
    timeout: 180_000,
  }, async () => {
    const door = doors[0]?.display_name ?? ''
    world.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/users/create', times: 1 })
    const file = await fileWith('fullName,startsAt,mobileKeyDoors', `Ref Used,2099-01-01,${door}`)
    const { lines, code } = await run(file)
    expect(code).toBe(1)
    expect(lines).toEqual([
      expect.stringMatching(
        /^2\trefused\tRef Used\t.+ Seam refused it: correct line 2 and import the file again\. Unchanged,/,
      ),
    ])
  })
})

describe('the sample file', () => {
  it('should move every resident into a building of npm start, with the command of the README', {
    timeout: 180_000,
  }, async () => {
    await using world = await startWorld()
    const readme = await readFile('README.md', 'utf8')
    const [, command = ''] = /npm run latchkey -- import (.+ --dry-run)/.exec(readme) ?? []
    const args = command.split(' ').concat('--url', world.url)
    const dry = await runImport(args)
    expect(dry).toMatchObject({ code: 0, advice: '3 of 3 would move in.\n' })
    expect(dry.lines.join('\n')).not.toContain('already')
    const real = await runImport(args.filter((word) => word !== '--dry-run'))
    expect(real).toMatchObject({ code: 0, advice: '3 of 3 have moved in.\n' })
    const { users } = await readSandboxObjects(world)
    expect(users.find((row) => row.full_name === 'José Müller')).toMatchObject({
      phone_number: '+442079460018',
    })
  })

  it('should equal the sample in the docs', async () => {
    expect(await readFile('docs/writing.md', 'utf8')).toContain(
      `\`\`\`csv\n${await readFile('examples/residents.csv', 'utf8')}\`\`\``,
    )
  })
})

describe('moveInMany', () => {
  it('should accept at most a hundred residents', async () => {
    await using world = await startWorld({ sandbox: { systems: 1, doors: 4, residents: 1 } })
    const people = Array.from({ length: 101 }, () => ({
      acsSystemId: world.sandbox.ids().acsSystemIds[0],
      fullName: 'Many',
      startsAt: '2099-01-01T00:00:00Z',
    }))
    const { payload } = await mutate(world, 'moveInMany', { people })
    expect(payload?.userErrors).toMatchObject([{ field: ['people'], code: 'INVALID' }])
  })
})
