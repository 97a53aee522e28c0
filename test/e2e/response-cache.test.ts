import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openFileApiKeyStore } from '../../src/auth/api-keys/file-api-key-store.ts'
import type { Scope } from '../../src/auth/viewer.ts'
import { callSandbox, listSandboxCredentials } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let reader: string
let codeReader: string
let other: string
let resident: string
let writer: string
let admin: string
beforeAll(async () => {
  world = await startWorld()
  const keys = await openFileApiKeyStore({ file: `${world.dataDir}/keys.db` })
  const make = async (name: string, scopes: readonly Scope[], extra = {}) =>
    (await keys.create({ name, scopes, ...extra })).key
  reader = await make('reader', ['read', 'events'])
  other = await make('other', ['read', 'events'])
  codeReader = await make('code reader', ['read', 'codes:read'])
  writer = await make('writer', ['read', 'write'])
  admin = await make('admin', ['read', 'admin'])
  const [owned] = (await listSandboxCredentials(world)).filter((row) => row.acs_user_id !== undefined)
  resident = await make('resident', ['read'], { residentId: owned?.acs_user_id })
  await keys.close()
})
afterAll(() => world[Symbol.asyncDispose]())

const page = 'query Page($first: Int!) { acsUsers(first: $first) { totalCount nodes { displayName } } }'

async function readReusedTotal(): Promise<number> {
  const response = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${admin}` } })
  return Number(/^latchkey_answers_reused_total (\d+)/m.exec(await response.text())?.[1])
}

/** Returns how many of these concurrent queries were answered with the answer of another one. */
async function countReused(send: () => Promise<unknown>[]): Promise<number> {
  const before = await readReusedTotal()
  await Promise.all(send())
  return (await readReusedTotal()) - before
}

describe('concurrent identical queries', () => {
  it('should be executed once for all viewers with the same scopes and access scope', async () => {
    const answers: unknown[] = []
    const ask = async (_: unknown, index: number) =>
      answers.push(await world.ask(page, { first: 100 }, index % 2 === 0 ? reader : other))
    // A busy machine may not receive all twenty at once.
    await vi.waitFor(async () => expect(await countReused(() => Array.from({ length: 20 }, ask))).toBe(19), {
      timeout: 60_000,
    })
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  })

  it('should be executed separately for other scopes, variables and operations, and if they contain the credential', async () => {
    const queries = () => [
      world.ask(page, { first: 3 }, reader),
      world.ask(page, { first: 4 }, reader),
      world.ask(page, { first: 3 }, writer),
      world.ask(page, { first: 3 }, resident),
      world.ask('{ viewer { name } }', {}, reader),
      world.ask('{ viewer { name } }', {}, other),
      world.ask(`${page} `, { first: 3 }, reader),
    ]
    expect(await countReused(queries)).toBe(0)
    const [one, two] = await Promise.all(
      [reader, resident].map((key) =>
        world.ask<{ acsUsers: { totalCount: number } }>(page, { first: 3 }, key),
      ),
    )
    expect([one?.acsUsers.totalCount, two?.acsUsers.totalCount]).toEqual([100, 1])
    for (let time = 0; time < 3; time++) {
      const names = await Promise.all(
        [reader, other].map((key) => world.ask<{ viewer: { name: string } }>('{ viewer { name } }', {}, key)),
      )
      expect(names.map(({ viewer }) => viewer.name)).toEqual(['reader', 'other'])
    }
  })

  it('should be executed each time if they contain PINs', async () => {
    const codes = '{ acsCredentials(first: 20) { nodes { code } } }'
    const askFiveTimes = (key: string) => () => Array.from({ length: 5 }, () => world.ask(codes, {}, key))
    expect(await countReused(askFiveTimes(codeReader))).toBe(0)
    const { acsCredentials } = await world.ask<{ acsCredentials: { nodes: { code: string | null }[] } }>(
      codes,
      {},
      codeReader,
    )
    expect(acsCredentials.nodes.some(({ code }) => code !== null)).toBe(true)
  })

  it('should be executed each time if they fail, or if the answers contain the cost', async () => {
    const failing = () =>
      Array.from({ length: 5 }, () =>
        world.post(
          { query: '{ acsUsers(first: 500) { totalCount } }' },
          { authorization: `Bearer ${reader}` },
        ),
      )
    expect(await countReused(failing)).toBe(0)
    const ids = (await Promise.all(failing())).map(({ body }) => body.errors?.[0]?.extensions?.requestId)
    expect(new Set(ids).size).toBe(5)
    expect(
      await countReused(() => Array.from({ length: 5 }, () => world.ask(page, { first: 2 }, admin))),
    ).toBe(0)
  })
})

describe('the time for which an answer is reused', () => {
  /** Returns whether the answer to a query is reused after half a second, in which nothing changes. */
  async function isReusedLater(query: string, key = reader): Promise<boolean> {
    await world.ask(query, {}, key)
    await delay(500)
    return (await countReused(() => [world.ask(query, {}, key)])) === 1
  }

  it.each([
    '{ acsUsers(first: 100) { nodes { displayName credentials(first: 5) { nodes { status } } } } }',
    '{ acsEntrances(first: 5) { nodes { displayName users(first: 5) { totalCount } } } }',
    '{ acsCredentials(first: 5, filter: { status: ACTIVE }) { totalCount } }',
    '{ connectedAccounts { nodes { id } } }',
    '{ cursor viewer { name } acsSystems { nodes { capabilities { __typename } } } }',
  ])('should be longer if only the feed can change it: %s', async (query) => {
    // A busy machine may need longer than the answer lives.
    await vi.waitFor(async () => expect(await isReusedLater(query)).toBe(true), { timeout: 60_000 })
  })

  it.each([
    ['the age of data', () => '{ acsSystems { nodes { sync { lagMs } } } }'],
    ['the journal', () => '{ changes(first: 5) { nodes { kind } } }'],
    [
      'the time of a check',
      ({ userId, entranceId }: Ids) =>
        `{ accessCheck(acsUserId: "${userId}", acsEntranceId: "${entranceId}") { __typename } }`,
    ],
    ['move-outs', () => '{ scheduledMoveOuts(first: 5) { totalCount } }'],
    ['webhook endpoints', () => '{ webhookEndpoints { id } }'],
  ])('should be short if it contains %s', async (_name, buildQuery) => {
    const { acsUsers, acsEntrances } = await world.ask<Record<string, { nodes: { id: string }[] }>>(
      '{ acsUsers(first: 1) { nodes { id } } acsEntrances(first: 1) { nodes { id } } }',
      {},
      reader,
    )
    const ids = { userId: acsUsers?.nodes[0]?.id ?? '', entranceId: acsEntrances?.nodes[0]?.id ?? '' }
    expect(await isReusedLater(buildQuery(ids))).toBe(false)
  })

  it('should end when a credential becomes active', async () => {
    // Seam has no event for this.
    const boundary = Date.now() + 3_000
    const { acs_entrances } = await callSandbox<{
      acs_entrances: { acs_entrance_id: string; acs_system_id: string }[]
    }>(world, 'acs/entrances/list')
    const entrance = acs_entrances[0]
    const { acs_users } = await callSandbox<{ acs_users: { acs_user_id: string }[] }>(
      world,
      'acs/users/list',
      { acs_system_id: entrance?.acs_system_id },
    )
    const { acs_credential } = await callSandbox<{ acs_credential: { acs_credential_id: string } }>(
      world,
      'acs/credentials/create',
      {
        acs_user_id: acs_users[0]?.acs_user_id,
        acs_system_id: entrance?.acs_system_id,
        allowed_acs_entrance_ids: [entrance?.acs_entrance_id],
        access_method: 'code',
        starts_at: new Date(boundary).toISOString(),
        ends_at: new Date(boundary + 3_600_000).toISOString(),
      },
    )
    const query = 'query Status($id: ID!) { acsCredential(id: $id) { status } }'
    const variables = { id: acs_credential.acs_credential_id }
    const readStatus = async () =>
      (await world.ask<{ acsCredential: { status: string } | null }>(query, variables, reader)).acsCredential
        ?.status
    await vi.waitFor(async () => expect(await readStatus()).toBe('SCHEDULED'))
    for (;;) {
      const sentAt = Date.now()
      const status = await readStatus()
      if (sentAt > boundary) {
        expect(status).toBe('ACTIVE')
        break
      }
      if (Date.now() < boundary) expect(status).toBe('SCHEDULED')
    }
  })
})

type Ids = { readonly userId: string; readonly entranceId: string }

describe('a reused answer', () => {
  it('should never be older than a write of the same viewer', async () => {
    const { acsUsers } = await world.ask<{ acsUsers: { nodes: { id: string }[] } }>(
      '{ acsUsers(first: 1) { nodes { id } } }',
      {},
      writer,
    )
    const id = acsUsers.nodes[0]?.id
    const query = 'query One($id: ID!) { acsUser(id: $id) { displayName } }'
    const name = async () =>
      (await world.ask<{ acsUser: { displayName: string } }>(query, { id }, writer)).acsUser.displayName
    for (let time = 1; time <= 5; time++) {
      await name()
      const { updateAcsUser } = await world.ask<{ updateAcsUser: { userErrors: unknown[] } }>(
        'mutation Rename($input: UpdateAcsUserInput!) { updateAcsUser(input: $input) { userErrors { message } } }',
        { input: { acsUserId: id, fullName: `Renamed ${time}` } },
        writer,
      )
      expect(updateAcsUser.userErrors).toEqual([])
      expect(await name()).toBe(`Renamed ${time}`)
    }
  })

  it('should never be older than a delivered change', async () => {
    const query = 'query One($id: ID!) { acsCredential(id: $id) { id } }'
    const feed = subscribe<{ credentialChanges: { changes: { kind: string }[] } }>(
      world.wsUrl,
      'subscription { credentialChanges { changes { kind } } }',
      {},
      reader,
    )
    await feed.next()
    let isOver = false
    const { acsCredentials } = await world.ask<{
      acsCredentials: { nodes: { id: string; seamId: string }[] }
    }>('{ acsCredentials(first: 15) { nodes { id seamId } } }', {}, other)
    const ids = acsCredentials.nodes.map(({ id }) => id)
    // Sends the same queries all the time, so that there is always an answer that could be reused.
    const repeating = Array.from({ length: 3 }, async () => {
      while (!isOver) await Promise.all(ids.map((id) => world.ask(query, { id }, reader)))
    })
    const count = async () =>
      (
        await Promise.all(ids.map((id) => world.ask<{ acsCredential: unknown }>(query, { id }, reader)))
      ).filter(({ acsCredential }) => acsCredential !== null).length
    let left = await count()
    expect(left).toBe(ids.length)
    for (const { seamId } of acsCredentials.nodes) {
      await callSandbox(world, 'acs/credentials/delete', { acs_credential_id: seamId })
      await feed.until((batch) => batch.credentialChanges.changes.some(({ kind }) => kind === 'DELETED'))
      expect(await count()).toBe(--left)
    }
    isOver = true
    await Promise.all(repeating)
    await feed.close()
  })

  it('should be equal to an executed one for every viewer, after every change', async () => {
    const queries = [
      '{ acsUsers(first: 20) { totalCount nodes { displayName credentials(first: 5) { nodes { id status } } } } }',
      '{ acsCredentials(first: 20) { totalCount nodes { id acsUser { displayName } entrances(first: 5) { totalCount } } } }',
      '{ viewer { name scopes expiresAt } acsEntrances(first: 3) { nodes { displayName credentials(first: 5) { totalCount } } } }',
    ]
    const viewers = [reader, other, writer, resident, codeReader]
    const feed = subscribe<{ credentialChanges: { changes: { kind: string }[] } }>(
      world.wsUrl,
      'subscription { credentialChanges { changes { kind } } }',
      {},
      reader,
    )
    await feed.next()
    let unique = 0
    const askAll = (isReusable: boolean) =>
      Promise.all(
        viewers.flatMap((key) =>
          queries.map((query) => world.ask(isReusable ? query : `${query} # ${++unique}`, {}, key)),
        ),
      )
    const rows = (await listSandboxCredentials(world)).slice(0, 10)
    for (const { acs_credential_id } of rows) {
      await askAll(true)
      await callSandbox(world, 'acs/credentials/delete', { acs_credential_id })
      await feed.until((batch) => batch.credentialChanges.changes.some(({ kind }) => kind === 'DELETED'))
      expect(await askAll(true)).toEqual(await askAll(false))
    }
    await feed.close()
  })
})
