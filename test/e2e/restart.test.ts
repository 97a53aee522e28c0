import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { callSandbox, listSandboxCredentials } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

const dashboard = /* GraphQL */ `
  {
    acsSystems { nodes { name users(first: 100) { totalCount } entrances { totalCount } connectedAccount { displayName } } }
    acsUsers(first: 100) {
      totalCount
      nodes {
        displayName
        userIdentity { displayName }
        credentials(first: 10) { nodes { seamId status entrances(first: 10) { nodes { displayName } } } }
      }
    }
  }
`
const sync = '{ acsSystems { nodes { sync { state lagMs detail } } } }'
type Sync = { acsSystems: { nodes: { sync: { state: string; lagMs: number; detail: string | null } }[] } }
const pins =
  '{ acsCredentials(first: 100, filter: { accessMethod: CODE }) { nodes { seamId codeState status } } }'
const pin = 'query Pin($id: ID!) { acsCredential(id: $id) { code codeState status } }'
type Pins = { acsCredentials: { nodes: { seamId: string; codeState: string; status: string }[] } }

describe('a restart', () => {
  let world: World
  const folder = () => join(world.dataDir, `catalog-${world.sandbox.workspaceId}`)
  /** Makes Seam's routes of objects fail; its events and webhooks still work. */
  const cutOff = () => world.sandbox.addFault({ kind: 'status', status: 503, route: 'acs/*' })

  beforeEach(async () => {
    world = await startWorld()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  async function untilFresh(): Promise<void> {
    for (;;) {
      await world.ask(dashboard)
      const { acsSystems } = await world.ask<Sync>(sync)
      if (acsSystems.nodes.every((node) => node.sync.state === 'FRESH')) return
    }
  }

  it('should serve the saved catalog as STALE until it is refreshed in the background', async () => {
    const before = await world.ask(dashboard)
    await world.restart(cutOff)
    expect(await world.ask(dashboard)).toEqual(before)
    const { acsSystems } = await world.ask<Sync>(sync)
    for (const node of acsSystems.nodes) {
      expect(node.sync.state).toBe('STALE')
      expect(node.sync.lagMs).toBeGreaterThan(0)
    }
    world.sandbox.clearFaults()
    await untilFresh()
    await world.sandbox.resetCalls()
    expect(await world.ask(dashboard)).toEqual(before)
    expect((await world.sandbox.calls()).total).toBe(0)
  })

  it('should succeed, and serve the saved catalog, while all of Seam is down', async () => {
    const before = await world.ask(dashboard)
    await world.restart(() => world.sandbox.addFault({ kind: 'status', status: 503, body: 'empty' }))
    expect(await world.ask(dashboard)).toEqual(before)
    expect((await world.post({ query: '{ cursor }' })).body.errors).toBeUndefined()
    world.sandbox.clearFaults()
    await untilFresh()
  })

  it('should be followed by the current state of objects that changed meanwhile', async () => {
    await world.ask(dashboard)
    const [id] = world.sandbox.ids().acsUserIds
    await world.restart(() => world.sandbox.act('renameUser', { acs_user_id: id, full_name: 'Ada Away' }))
    const user = 'query User($id: ID!) { acsUser(id: $id) { fullName } }'
    for (let name = ''; name !== 'Ada Away'; ) {
      const { acsUser } = await world.ask<{ acsUser: { fullName: string } }>(user, { id })
      name = acsUser.fullName
    }
  })

  it('should save no PIN, and still report that a PIN exists', async () => {
    const { acsCredentials } = await world.ask<Pins>(pins)
    const held = acsCredentials.nodes.filter(({ codeState }) => codeState === 'VISIBLE')
    expect(held.length).toBeGreaterThan(10)
    await world.ask(dashboard)
    await world
      .restart(async () => {
        const codes = (await listSandboxCredentials(world)).flatMap((row) =>
          'code' in row && typeof row.code === 'string' ? [row.code] : [],
        )
        expect(codes.length).toBeGreaterThan(100)
        cutOff()
        const names = await readdir(folder())
        expect(names).toHaveLength(3)
        for (const name of names) {
          const text = await readFile(join(folder(), name), 'utf8')
          expect(text).not.toMatch(/"code":(?!null)(?!"[a-z_]+")/)
          for (const code of codes) expect(text).not.toContain(`"${code}"`)
          expect((await stat(join(folder(), name))).mode & 0o077).toBe(0)
        }
      })
      .catch((error: unknown) => {
        world.sandbox.clearFaults()
        throw error
      })
    expect(await world.ask<Pins>(pins)).toEqual({ acsCredentials })
    const [{ seamId: id, status } = { seamId: '', status: '' }] = held
    const { body } = await world.post({ query: pin, variables: { id } })
    expect(body.data).toEqual({ acsCredential: { code: null, codeState: 'VISIBLE', status } })
    expect(body.errors?.[0]?.extensions?.code).toBe('SEAM_UNAVAILABLE')
    expect(body.errors?.[0]?.path).toEqual(['acsCredential', 'code'])
    world.sandbox.clearFaults()
    expect(await world.ask(pin, { id })).toMatchObject({
      acsCredential: { code: expect.stringMatching(/^\d+$/) },
    })
  })

  it('should not let the saved catalog hide a newer change of the journal', async () => {
    await world.ask(dashboard)
    const older = join(world.dataDir, 'older')
    await world.restart(() => cp(folder(), older, { recursive: true }))
    await world.ask(dashboard)
    const feed = subscribe<{ changes: { changes: { kind: string }[] } }>(
      world.wsUrl,
      'subscription { changes { changes { kind } } }',
    )
    await feed.next()
    const [gone, issued] = await listSandboxCredentials(world)
    await callSandbox(world, 'acs/credentials/delete', { acs_credential_id: gone?.acs_credential_id })
    world.sandbox.emit({ event_type: 'acs_credential.issued', acs_credential_id: issued?.acs_credential_id })
    const kinds = new Set<string>()
    await feed.until(({ changes }) => {
      for (const { kind } of changes.changes) kinds.add(kind)
      return kinds.has('DELETED') && kinds.has('ISSUED')
    })
    await feed.close()
    // Restores an older snapshot, as if the gateway had been killed before it saved a newer one.
    await world.restart(async () => {
      await rm(folder(), { recursive: true })
      await cp(older, folder(), { recursive: true })
      cutOff()
    })
    const one = 'query One($id: ID!) { acsCredential(id: $id) { seamId } }'
    expect(await world.ask(one, { id: gone?.acs_credential_id })).toEqual({ acsCredential: null })
    const { body } = await world.post({ query: one, variables: { id: issued?.acs_credential_id } })
    expect(body.errors?.[0]?.extensions?.code).toBe('SEAM_UNAVAILABLE')
    world.sandbox.clearFaults()
    expect(await world.ask(one, { id: issued?.acs_credential_id })).toEqual({
      acsCredential: { seamId: issued?.acs_credential_id },
    })
  })

  it('should read from Seam if the saved catalog is damaged or of another journal', async () => {
    const before = await world.ask(dashboard)
    await world.restart(async () => {
      for (const name of await readdir(folder())) {
        const file = join(folder(), name)
        const text = await readFile(file, 'utf8')
        await writeFile(file, name.startsWith('workspace') ? text.slice(0, text.length / 2) : `{"format":1}`)
      }
    })
    expect(await world.ask(dashboard)).toEqual(before)
    await world.restart(async () => {
      for (const name of await readdir(world.dataDir))
        if (name.startsWith('journal-')) await rm(join(world.dataDir, name))
      for (const name of await readdir(folder()))
        expect(await readFile(join(folder(), name), 'utf8')).toContain('"epoch"')
      cutOff()
    })
    const { body } = await world.post({ query: dashboard })
    expect(body.errors?.[0]?.extensions?.code).toBe('SEAM_UNAVAILABLE')
    world.sandbox.clearFaults()
    expect(await world.ask(dashboard)).toEqual(before)
  })
})
