import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everythingIn, mutate, writesIn } from '../support/mutations.ts'
import { inBuilding } from '../support/seam.ts'
import { startWorld, type World } from '../support/world.ts'

type Door = {
  readonly acs_entrance_id: string
  readonly display_name: string
  readonly can_unlock_with_code?: boolean
}

describe('importing residents', () => {
  let world: World
  let acsSystemId: string
  let doors: Door[]
  beforeAll(async () => {
    world = await startWorld({ sandbox: { systems: 1, doors: 12, residents: 3 } })
    acsSystemId = world.sandbox.ids().acsSystemIds[0] ?? ''
    const { acs_entrances } = await inBuilding<{ acs_entrances: Door[] }>(world, 'acs/entrances/list')
    doors = acs_entrances.filter((door) => door.can_unlock_with_code === true)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function run(file: string, ...flags: string[]) {
    const child = spawn(
      process.execPath,
      ['src/cli.ts', 'import', file, '--system', acsSystemId, '--url', world.url, ...flags],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const [out, advice, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once('exit', resolve)),
    ])
    return { lines: out.trim().split('\n'), advice, code }
  }

  async function fileOf(...rows: string[]): Promise<string> {
    const file = join(world.dataDir, 'residents.csv')
    const header = 'fullName,emailAddress,startsAt,endsAt,mobileKeyDoors,codeDoors'
    await writeFile(file, `\uFEFF${[header, ...rows].join('\r\n')}\r\n`)
    return file
  }

  it('should say first what would happen, then do it once, however often it is run', {
    timeout: 60_000,
  }, async () => {
    const door = doors[0]?.acs_entrance_id ?? ''
    const good = Array.from(
      { length: 23 },
      (_, index) => `"Person ""${index}"", Jr",p${index}@example.com,2099-01-01T00:00:00Z,,${door},${door}`,
    )
    const file = await fileOf(
      ...good,
      'No Door,,2099-01-01T00:00:00Z,,Narnia,',
      'No Zone,,2099-01-01,,,',
      `Bad Mail,nowhere,2099-01-01T00:00:00Z,,${door},`,
    )
    const before = await everythingIn(world)
    world.sandbox.resetCalls()
    const dry = await run(file, '--dry-run')
    expect(writesIn(world)).toEqual([])
    expect(dry.code).toBe(1)
    expect(dry.advice).toContain('23 of 26 would move in.')
    expect(dry.lines[0]).toBe('2\twould move in\tPerson "0", Jr')

    const real = await run(file)
    expect(real.code).toBe(1)
    expect(real.lines.slice(23)).toEqual([
      '25\trefused\tNo Door\tThere is no door "Narnia" in this building.',
      expect.stringMatching(/^26\trefused\tNo Zone\tstartsAt "2099-01-01" is no time with an offset/),
      '27\trefused\tBad Mail\temailAddress: This is not an e-mail address.',
    ])
    const after = await everythingIn(world)
    expect(after.users.length - before.users.length).toBe(23)
    expect(after.credentials.length - before.credentials.length).toBe(46)

    const again = await run(file)
    expect(again.lines).toEqual(real.lines)
    expect((await everythingIn(world)).users).toHaveLength(after.users.length)
  })

  it('should go on after a failure where it stopped', { timeout: 60_000 }, async () => {
    const door = doors[0]?.acs_entrance_id ?? ''
    const file = await fileOf(
      ...Array.from(
        { length: 5 },
        (_, index) => `Again ${index},a${index}@example.com,2099-01-01T00:00:00Z,,${door},`,
      ),
    )
    const before = (await everythingIn(world)).users.length
    world.sandbox.addFault({ kind: 'status', status: 401, route: 'acs/users/create', times: 2 })
    const first = await run(file)
    expect(first.code).toBe(1)
    expect(first.lines.filter((line) => line.split('\t')[1] === 'failed')).toHaveLength(2)
    const second = await run(file)
    expect(second.code).toBe(0)
    const { users, identities } = await everythingIn(world)
    expect(users.length - before).toBe(5)
    expect(identities.filter((row) => String(row.full_name).startsWith('Again'))).toHaveLength(5)
  })

  it('should explain itself', async () => {
    expect((await run(join(world.dataDir, 'nothing.csv'))).advice).toContain("can't be read")
    const file = join(world.dataDir, 'odd.csv')
    await writeFile(file, 'fullName,shoeSize\nJane,38\n')
    const { advice, code } = await run(file)
    expect(code).toBe(2)
    expect(advice).toContain('"shoeSize" is no column. The column startsAt is missing.')
  })
})

describe('moveInMany', () => {
  it('should take at most a hundred', async () => {
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
