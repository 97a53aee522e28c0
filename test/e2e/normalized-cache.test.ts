import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSandboxObjects } from '../support/graph-mutations.ts'
import { subscribe } from '../support/subscriber.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ sandbox: { systems: 2, doors: 8, residents: 6 } })
})
afterAll(() => world[Symbol.asyncDispose]())

type Change = { kind: string; subjectId: string; __typename: string }
const feed = 'subscription { changes { cursor changes { __typename kind subjectId } } }'

/** Returns the ids of all nodes that a client can have in its cache. */
async function listNodeIds(): Promise<Set<string>> {
  const all = await world.ask<Record<string, { nodes: { id: string }[] }>>(
    '{ acsSystems { nodes { id } } acsUsers(first: 100) { nodes { id } } acsEntrances(first: 100) { nodes { id } } acsCredentials(first: 100) { nodes { id } } connectedAccounts { nodes { id } } }',
  )
  return new Set(Object.values(all).flatMap(({ nodes }) => nodes.map(({ id }) => id)))
}

describe('a normalized cache', () => {
  it('should get the id of every deleted object from `subjectId`', async () => {
    const cache = await listNodeIds()
    const subscriber = subscribe<{ changes: { changes: Change[] } }>(world.wsUrl, feed)
    await subscriber.next()
    for (const act of ['revoke', 'moveOut', 'removeDoor', 'moveIn', 'renameUser', 'disconnect'] as const)
      world.sandbox.act(act)
    await world.app.ingest.reconcile()
    const left = await listNodeIds()
    const gone = [...cache].filter((id) => !left.has(id))
    expect(gone.length).toBeGreaterThan(3)
    const receivedChanges = () => subscriber.all.flatMap(({ changes }) => changes.changes)
    await waitUntil(async () => {
      await subscriber.next()
      return gone.every((id) =>
        receivedChanges().some(({ subjectId, kind }) => subjectId === id && kind === 'DELETED'),
      )
    })
    for (const { subjectId } of receivedChanges()) expect(subjectId).not.toBe('')
    for (const { subjectId, kind } of receivedChanges())
      if (kind !== 'DELETED') expect(left.has(subjectId) || gone.includes(subjectId)).toBe(true)
    await subscriber.close()
  })

  it('should get the id of an object that a mutation deleted from `deletedId`', async () => {
    const { credentials, users } = await readSandboxObjects(world)
    const idOf = async (field: string, seamId: unknown) =>
      (
        await world.ask<Record<string, { id: string }>>(`query($id: ID!) { ${field}(id: $id) { id } }`, {
          id: seamId,
        })
      )[field]?.id
    const [first, second] = users.map(({ acs_user_id }) => acs_user_id)
    const credential = credentials.find(({ acs_user_id }) => acs_user_id !== first)?.acs_credential_id
    const ids = {
      revokeCredential: await idOf('acsCredential', credential),
      deleteAcsUser: await idOf('acsUser', first),
      moveOut: await idOf('acsUser', second),
    }
    const ask = async (name: keyof typeof ids, input: object) => {
      const { [name]: payload } = await world.ask<
        Record<string, { deletedId: string | null; userErrors: unknown[] }>
      >(
        `mutation($input: ${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { deletedId userErrors { message } } }`,
        { input },
      )
      return payload
    }
    expect(await ask('moveOut', { acsUserId: second, at: '2099-01-01T00:00:00Z' })).toEqual({
      deletedId: null,
      userErrors: [],
    })
    const answers = {
      revokeCredential: await ask('revokeCredential', { acsCredentialId: credential }),
      deleteAcsUser: await ask('deleteAcsUser', { acsUserId: first }),
      moveOut: await ask('moveOut', { acsUserId: second }),
    }
    for (const [name, answer] of Object.entries(answers))
      expect(answer, name).toEqual({ deletedId: ids[name as keyof typeof ids], userErrors: [] })
    expect((await ask('deleteAcsUser', { acsUserId: first }))?.deletedId).toBeNull()
  })

  it('should get the id of a deleted connected account from `deletedId`', async () => {
    const { connectedAccounts } = await world.ask<{
      connectedAccounts: { nodes: { id: string; seamId: string }[] }
    }>('{ connectedAccounts { nodes { id seamId } } }')
    const [account] = connectedAccounts.nodes
    const { deleteConnectedAccount } = await world.ask<{ deleteConnectedAccount: { deletedId: string } }>(
      'mutation($id: ID!) { deleteConnectedAccount(input: { connectedAccountId: $id }) { deletedId } }',
      { id: account?.seamId },
    )
    expect(deleteConnectedAccount.deletedId).toBe(account?.id)
  })
})
