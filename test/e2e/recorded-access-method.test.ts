import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { openJournal } from '../../src/journal/open-journal.ts'
import type { AcsCredentialId } from '../../src/model/ids.ts'
import { sampleChange } from '../journal/sample-changes.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { startWorld, type World } from '../support/world.ts'

type Credential = {
  readonly acs_credential_id: string
  readonly acs_user_id: string
  readonly access_method: string
}
type Change = {
  readonly kind: string
  readonly origin: string
  readonly credentialId: string
  readonly recordedAccessMethod: string | null
}

const allChanges = /* GraphQL */ `
  {
    changes(first: 100, filter: { subjects: [CREDENTIAL] }) {
      nodes { kind origin ... on CredentialChange { credentialId recordedAccessMethod } }
    }
  }
`

async function findDeletion(world: World, credentialId: string): Promise<Change | undefined> {
  const { changes } = await world.ask<{ changes: { nodes: readonly Change[] } }>(allChanges)
  return changes.nodes.find((change) => change.kind === 'DELETED' && change.credentialId === credentialId)
}

async function findCredentials(world: World): Promise<Record<'code' | 'mobileKey', Credential>> {
  const { acs_credentials } = await callSandbox<{ acs_credentials: Credential[] }>(
    world,
    'acs/credentials/list',
  )
  const code = acs_credentials.find((each) => each.access_method === 'code')
  const mobileKey = acs_credentials.find((each) => each.access_method === 'mobile_key')
  if (code === undefined || mobileKey === undefined) throw new Error('The sandbox has not both methods.')
  return { code, mobileKey }
}

/** Deletes the cache on disk, so that a gateway that starts now knows no credential. */
const forgetCatalog = (world: World): Promise<void> =>
  rm(join(world.dataDir, `catalog-${world.sandbox.workspaceId}`), { recursive: true, force: true })

describe.each(['SQLite', 'Redis'])('the access method of a credential, in a journal on %s', (driver) => {
  async function withWorld(run: (world: World, redis: RedisServer | null) => Promise<void>, retentionMs = 0) {
    await using opening = new AsyncDisposableStack()
    const redis = driver === 'Redis' ? opening.use(await startRedis()) : null
    const sandbox = {
      systems: 1,
      residents: 6,
      ...(retentionMs > 0 && { eventRetentionMs: retentionMs }),
    }
    const config = { redisUrl: redis?.url ?? null }
    await run(opening.use(await startWorld({ sandbox, config })), redis)
  }

  it('should be recorded, and stay known after the credential was deleted and the gateway restarted', async () => {
    await withWorld(async (world) => {
      const { code, mobileKey } = await findCredentials(world)
      for (const { acs_credential_id } of [code, mobileKey])
        world.sandbox.act('revoke', { acs_credential_id })
      await world.app.ingest.backfill()
      await world.restart()
      expect(await findDeletion(world, code.acs_credential_id)).toMatchObject({
        recordedAccessMethod: 'CODE',
      })
      expect(await findDeletion(world, mobileKey.acs_credential_id)).toMatchObject({
        recordedAccessMethod: 'MOBILE_KEY',
      })
    })
  }, 30_000)

  it('should be null for a change that an earlier version recorded', async () => {
    await withWorld(async (world, redis) => {
      const acsCredentialId = '77777777-7777-4777-8777-777777777777' as AcsCredentialId
      await world.restart(async () => {
        const journal = await openJournal({
          redisUrl: redis?.url ?? null,
          dataDir: world.dataDir,
          workspaceId: world.sandbox.workspaceId,
        })
        const changes = [sampleChange('old', { kind: 'DELETED', acsCredentialId })]
        await journal.append([{ dedupeKeys: [], changes }])
        await journal.close()
      })
      expect(await findDeletion(world, acsCredentialId)).toMatchObject({ recordedAccessMethod: null })
    })
  }, 30_000)

  it('should be recorded if reconciliation finds the deletion, without the credential in the cache', async () => {
    await withWorld(async (world) => {
      const { code, mobileKey } = await findCredentials(world)
      await world.restart(async () => {
        await forgetCatalog(world)
        for (const { acs_credential_id } of [code, mobileKey])
          world.sandbox.act('revoke', { acs_credential_id })
        await vi.waitFor(() => expect(world.sandbox.events()).toEqual([]))
      })
      const origin = 'RECONCILIATION'
      expect(await findDeletion(world, code.acs_credential_id)).toMatchObject({
        origin,
        recordedAccessMethod: 'CODE',
      })
      expect(await findDeletion(world, mobileKey.acs_credential_id)).toMatchObject({
        origin,
        recordedAccessMethod: 'MOBILE_KEY',
      })
    }, 1)
  }, 30_000)
})

describe('the access method of a credential', () => {
  it('should be recorded by mutations that issue, revoke and move out', async () => {
    await using world = await startWorld({ sandbox: { systems: 1, residents: 6 } })
    const { code, mobileKey } = await findCredentials(world)
    const acsEntranceId = world.sandbox.ids().acsEntranceIds[0]
    // A gateway that starts now has only what the mutations themselves read.
    await world.restart(() => forgetCatalog(world))
    const acsUserId = mobileKey.acs_user_id
    const results = await world.ask(
      `mutation ($issued: IssueMobileKeyInput!, $revoked: RevokeCredentialInput!, $moved: MoveOutInput!) {
        issueMobileKey(input: $issued) { userErrors { message } }
        revokeCredential(input: $revoked) { userErrors { message } }
        moveOut(input: $moved) { userErrors { message } }
      }`,
      {
        issued: { acsUserId: code.acs_user_id, acsEntranceIds: [acsEntranceId] },
        revoked: { acsCredentialId: code.acs_credential_id },
        moved: { acsUserId },
      },
    )
    for (const result of Object.values(results)) expect(result).toEqual({ userErrors: [] })
    const { changes } = await world.ask<{ changes: { nodes: readonly Change[] } }>(allChanges)
    const written = changes.nodes.filter((change) => change.origin === 'MUTATION')
    expect(written.map(({ recordedAccessMethod }) => recordedAccessMethod)).not.toContain(null)
    expect(written).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'CREATED', recordedAccessMethod: 'MOBILE_KEY' }),
        expect.objectContaining({
          kind: 'DELETED',
          credentialId: code.acs_credential_id,
          recordedAccessMethod: 'CODE',
        }),
        expect.objectContaining({
          kind: 'DELETED',
          credentialId: mobileKey.acs_credential_id,
          recordedAccessMethod: 'MOBILE_KEY',
        }),
      ]),
    )
  }, 30_000)
})
