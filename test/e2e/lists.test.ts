import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  readSandboxState,
  type SandboxCredential,
  type SandboxState,
  type SandboxUser,
} from '../support/sandbox-state.ts'
import { startWorld, type World } from '../support/world.ts'

type Page = {
  totalCount: number
  nodes: { seamId: string }[]
  edges: { cursor: string; node: { seamId: string } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
}
type Range = { first?: number; last?: number; after?: string; before?: string }

const page =
  'totalCount nodes { seamId } edges { cursor node { seamId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const range = '$first: Int, $after: String, $last: Int, $before: String'
const given = 'first: $first, after: $after, last: $last, before: $before'
const users = `query Users(${range}, $filter: AcsUserFilter) { list: acsUsers(${given}, filter: $filter) { ${page} } }`
const doors = `query Doors(${range}, $filter: AcsEntranceFilter) { list: acsEntrances(${given}, filter: $filter) { ${page} } }`
const keys = `query Keys(${range}, $filter: AcsCredentialFilter) { list: acsCredentials(${given}, filter: $filter) { ${page} } }`

const ms = (time: string | undefined, otherwise: number) =>
  time === undefined ? otherwise : Date.parse(time)
const begins = (row: SandboxCredential) => ms(row.starts_at, Number.NEGATIVE_INFINITY)
const ends = (row: SandboxCredential) => ms(row.ends_at, Number.POSITIVE_INFINITY)
const isWaiting = (row: SandboxCredential): boolean =>
  row.is_issued === false ||
  row.warnings.some((warning) => warning.warning_code === 'waiting_to_be_issued') ||
  (row.access_method === 'code' && row.code == null)
const isActiveAt = (row: SandboxCredential, at: number): boolean =>
  begins(row) <= at && at < ends(row) && row.errors.length === 0 && !isWaiting(row)
function statusOf(row: SandboxCredential, at: number): string {
  if (ends(row) <= at) return 'EXPIRED'
  if (row.errors.length > 0) return 'FAILED'
  if (isWaiting(row)) return 'PENDING'
  return begins(row) > at ? 'SCHEDULED' : 'ACTIVE'
}

describe('lists against what the building holds', () => {
  let world: World
  let raw: SandboxState
  beforeAll(async () => {
    world = await startWorld()
    const [, , door] = world.sandbox.ids().acsEntranceIds
    // Seam has no event for a door that goes offline: the gateway starts anew, and reads it so.
    await world.restart(() => {
      world.sandbox.act('doorOffline', { acs_entrance_id: door })
      return rm(join(world.dataDir, `catalog-${world.sandbox.workspaceId}`), { recursive: true, force: true })
    })
    raw = await readSandboxState(world)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const ask = async (query: string, variables: Record<string, unknown>) =>
    (await world.ask<{ list: Page }>(query, variables)).list

  /** Every row, page by page, and a promise that the pages fit together. */
  async function walk(
    query: string,
    filter: object,
    size: number,
    way: 'forward' | 'backward' = 'forward',
  ): Promise<string[]> {
    const found: string[] = []
    for (let at: Range = way === 'forward' ? { first: size } : { last: size }; ; ) {
      const list = await ask(query, { ...at, filter })
      const ids = list.nodes.map(({ seamId }) => seamId)
      expect(list.edges.map(({ node }) => node.seamId)).toEqual(ids)
      if (way === 'forward') found.push(...ids)
      else found.unshift(...ids)
      const { startCursor, endCursor, hasNextPage, hasPreviousPage } = list.pageInfo
      const isOver = way === 'forward' ? !hasNextPage : !hasPreviousPage
      if (isOver) {
        expect(list.totalCount).toBe(found.length)
        return found
      }
      expect(ids).toHaveLength(size)
      at = way === 'forward' ? { first: size, after: endCursor } : { last: size, before: startCursor }
    }
  }

  const idsOf = (rows: readonly SandboxCredential[]) => rows.map((row) => row.acs_credential_id).sort()
  const sorted = (ids: readonly string[]) => [...ids].sort()

  it.each([
    ['users', users, () => raw.users.map((row) => row.acs_user_id)],
    ['entrances', doors, () => raw.entrances.map((row) => row.acs_entrance_id)],
    ['credentials', keys, () => raw.credentials.map((row) => row.acs_credential_id)],
  ])('should page %s forward and backward, each row once, in one order', async (_what, query, truth) => {
    const forward = await walk(query, {}, 17)
    expect(sorted(forward)).toEqual(sorted(truth()))
    expect(await walk(query, {}, 23, 'backward')).toEqual(forward)
    expect(await walk(query, {}, 100)).toEqual(forward)
  })

  it('should tell both neighbours of a page in the middle', async () => {
    const all = await walk(users, {}, 100)
    const { edges } = await ask(users, { first: 10 })
    const middle = await ask(users, { first: 5, after: edges[2]?.cursor })
    expect(middle.nodes.map(({ seamId }) => seamId)).toEqual(all.slice(3, 8))
    expect(middle.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
    expect(middle.totalCount).toBe(100)
    const back = await ask(users, { last: 3, before: middle.pageInfo.startCursor })
    expect(back.nodes.map(({ seamId }) => seamId)).toEqual(all.slice(0, 3))
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  })

  it('should find credentials by their state', async () => {
    const at = Date.now()
    for (const status of ['PENDING', 'SCHEDULED', 'ACTIVE', 'EXPIRED', 'FAILED']) {
      const wanted = raw.credentials.filter((row) => statusOf(row, at) === status)
      expect(wanted.length, status).toBeGreaterThan(0)
      expect(sorted(await walk(keys, { status }, 100))).toEqual(idsOf(wanted))
    }
  })

  it('should find credentials that work at a moment, at the very edges too', async () => {
    const day = 86_400_000
    const edges = raw.credentials
      .flatMap((row) => [row.starts_at, row.ends_at])
      .filter((at) => at !== undefined)
    const some = [...new Set(edges)].slice(-4)
    const moments = [
      ...some.flatMap((at) => [Date.parse(at) - 1, Date.parse(at), Date.parse(at) + 1]),
      Date.now() - 4 * day,
      Date.now() + 6 * day,
      Date.now() + 4_000 * day,
    ]
    const counts = new Set<number>()
    for (const moment of moments) {
      const wanted = raw.credentials.filter((row) => isActiveAt(row, moment))
      counts.add(wanted.length)
      const activeAt = new Date(moment).toISOString()
      expect(sorted(await walk(keys, { activeAt }, 100)), activeAt).toEqual(idsOf(wanted))
    }
    expect(counts.size).toBeGreaterThan(2)
  })

  it('should find credentials that end before a time, and not at it', async () => {
    const endTimes = [...new Set(raw.credentials.flatMap(({ ends_at }) => ends_at ?? []))].toSorted()
    const middle = Date.parse(endTimes[Math.floor(endTimes.length / 2)] ?? '')
    for (const time of [middle, middle + 1, Date.now() - 4_000 * 86_400_000]) {
      const wanted = raw.credentials.filter(({ ends_at }) => ends_at != null && Date.parse(ends_at) < time)
      const endsBefore = new Date(time).toISOString()
      expect(sorted(await walk(keys, { endsBefore }, 100)), endsBefore).toEqual(idsOf(wanted))
    }
  })

  it('should find credentials by everything at once', async () => {
    const [user] = raw.users
    const own = raw.credentials.filter((row) => row.acs_user_id === user?.acs_user_id)
    const mobile = own.find((row) => row.access_method === 'mobile_key')
    const [door] = raw.opens.get(mobile?.acs_credential_id ?? '') ?? []
    const filter = { acsUserId: user?.acs_user_id, acsEntranceId: door, accessMethod: 'MOBILE_KEY' }
    expect(await walk(keys, filter, 10)).toEqual([mobile?.acs_credential_id])
    const opening = raw.credentials.filter((row) => raw.opens.get(row.acs_credential_id)?.has(door ?? ''))
    expect(sorted(await walk(keys, { acsEntranceId: door }, 100))).toEqual(idsOf(opening))
    const [system] = world.sandbox.ids().acsSystemIds
    const codes = raw.credentials.filter(
      (row) => row.acs_system_id === system && row.access_method === 'code',
    )
    expect(sorted(await walk(keys, { acsSystemId: system, accessMethod: 'CODE' }, 100))).toEqual(idsOf(codes))
  })

  it('should find people by any words of theirs, and by suspension', async () => {
    const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
    const texts = (row: SandboxUser) =>
      plain([row.display_name, row.full_name, row.email_address, row.phone_number].join(' '))
    const [one, , other] = raw.users
    const [first = '', last = ''] = (one?.full_name ?? '').split(' ')
    const searches = [
      first,
      last.toUpperCase(),
      `${last} ${first}`,
      other?.email_address ?? '',
      first.slice(0, 2),
    ]
    for (const search of searches) {
      const words = plain(search).split(' ')
      const wanted = raw.users.filter((row) => words.every((word) => texts(row).includes(word)))
      expect(wanted.length, search).toBeGreaterThan(0)
      expect(sorted(await walk(users, { search }, 100)), search).toEqual(
        wanted.map((row) => row.acs_user_id).sort(),
      )
    }
    expect((await ask(users, { filter: { search: 'nobody of that name' } })).totalCount).toBe(0)
    for (const isSuspended of [true, false]) {
      const wanted = raw.users.filter((row) => (row.is_suspended === true) === isSuspended)
      expect((await ask(users, { filter: { isSuspended } })).totalCount).toBe(wanted.length)
    }
  })

  it('should find doors by name, and by whether they are online', async () => {
    const named = raw.entrances.filter((row) => row.display_name.includes('Apartment'))
    expect((await ask(doors, { filter: { search: 'apartment' } })).totalCount).toBe(named.length)
    for (const isConnected of [true, false]) {
      const wanted = raw.entrances.filter((row) => row.latch_metadata?.is_connected === isConnected)
      expect(wanted.length).toBeGreaterThan(0)
      expect((await ask(doors, { filter: { isConnected } })).totalCount).toBe(wanted.length)
    }
  })

  it('should know who may come through every door, and where everybody may go', async () => {
    const every = /* GraphQL */ `
      {
        acsEntrances(first: 100) { nodes { seamId users(first: 100) { totalCount nodes { seamId } } } }
        acsUsers(first: 100) { nodes { seamId accessibleEntrances(first: 50) { totalCount nodes { seamId } } } }
      }
    `
    type Many<Field extends string> = { nodes: ({ seamId: string } & Record<Field, Page>)[] }
    const told = await world.ask<{ acsEntrances: Many<'users'>; acsUsers: Many<'accessibleEntrances'> }>(
      every,
    )
    const holder = new Map(raw.credentials.map((row) => [row.acs_credential_id, row.acs_user_id]))
    const edges = new Set<string>()
    for (const [credential, opened] of raw.opens)
      for (const door of opened) if (holder.get(credential)) edges.add(`${holder.get(credential)} ${door}`)
    const byDoor = told.acsEntrances.nodes.flatMap(({ seamId: door, users: list }) => {
      expect(list.totalCount).toBe(list.nodes.length)
      return list.nodes.map((user) => `${user.seamId} ${door}`)
    })
    const byUser = told.acsUsers.nodes.flatMap(({ seamId: user, accessibleEntrances: list }) => {
      expect(list.totalCount).toBe(list.nodes.length)
      return list.nodes.map((door) => `${user} ${door.seamId}`)
    })
    expect(sorted(byDoor)).toEqual([...edges].sort())
    expect(sorted(byUser)).toEqual([...edges].sort())
  })

  it('should decide as the rows of the building do whether somebody may open a door', async () => {
    const query = /* GraphQL */ `
      query May($user: ID!, $door: ID!, $at: DateTime!) {
        accessCheck(acsUserId: $user, acsEntranceId: $door, at: $at) {
          allowed
          via { seamId }
          reasons { code blocking }
        }
      }
    `
    type Check = {
      accessCheck: {
        allowed: boolean
        via: { seamId: string }[]
        reasons: { code: string; blocking: boolean }[]
      }
    }
    const now = Date.now()
    const day = 86_400_000
    const seen = { allowed: 0, refused: 0 }
    for (const [index, user] of raw.users.entries()) {
      const mine = raw.entrances.filter((row) => row.acs_system_id === user.acs_system_id)
      const own = raw.credentials.filter((row) => row.acs_user_id === user.acs_user_id)
      const opened = own.flatMap((row) => [...(raw.opens.get(row.acs_credential_id) ?? [])])
      const door =
        index % 3 === 0 ? mine[index % mine.length]?.acs_entrance_id : opened[index % opened.length]
      const at = now + (index % 5 === 3 ? -4 * day : index % 5 === 4 ? 6 * day : 0)
      const { accessCheck } = await world.ask<Check>(query, {
        user: user.acs_user_id,
        door,
        at: new Date(at).toISOString(),
      })
      const schedule = user.access_schedule
      const isThere =
        user.is_suspended !== true &&
        (schedule === undefined ||
          (Date.parse(schedule.starts_at) <= at &&
            (schedule.ends_at === null || at < Date.parse(schedule.ends_at))))
      const working = own.filter(
        (row) => isThere && raw.opens.get(row.acs_credential_id)?.has(door ?? '') && isActiveAt(row, at),
      )
      expect(sorted(accessCheck.via.map(({ seamId }) => seamId))).toEqual(idsOf(working))
      expect(accessCheck.allowed).toBe(working.length > 0)
      expect(accessCheck.reasons.some(({ blocking }) => blocking)).toBe(!accessCheck.allowed)
      seen[accessCheck.allowed ? 'allowed' : 'refused']++
    }
    expect(seen.allowed).toBeGreaterThan(10)
    expect(seen.refused).toBeGreaterThan(10)
  })
})
