import { afterEach, beforeEach, expect, it } from 'vitest'
import { demoViewer } from '../../../src/auth/authenticator.ts'
import { createCatalog } from '../../../src/catalog/catalog.ts'
import {
  createAcsUserChange,
  createConnectionChange,
  createCredentialChange,
} from '../../../src/commands/publishing/mutation-changes.ts'
import type { NewChange } from '../../../src/model/change.ts'
import { Secret } from '../../../src/model/secret.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { createSeamClient, type SeamClient } from '../../../src/seam/client.ts'

let sandbox: Sandbox
let seam: SeamClient
beforeEach(async () => {
  sandbox = await startSandbox({ port: 0, activity: false, issueDelayMs: 0, systems: 2, residents: 6 })
  seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url })
})
afterEach(async () => {
  seam.close()
  await sandbox.close()
})

const readLists = async () => ({
  systems: await seam.listSystems(),
  accounts: await seam.listAccounts(),
  users: await seam.listUsers({}),
  entrances: await seam.listEntrances({}),
  credentials: await seam.listCredentials({}),
})
type Lists = Awaited<ReturnType<typeof readLists>>

async function updateCredential({ credentials }: Lists): Promise<NewChange> {
  const credential = credentials.find((row) => row.acsUserId !== null && row.accessMethod === 'code')
  if (credential === undefined) throw new Error('There is no such credential.')
  await seam.updateCredential(credential.acsCredentialId, { endsAt: '2097-07-07T00:00:00Z' })
  return createCredentialChange('UPDATED', { ...credential, acsEntranceIds: null }, ['endsAt'])
}

async function deleteUser({ users, credentials }: Lists): Promise<NewChange> {
  const user = users.find((row) => credentials.some((each) => each.acsUserId === row.acsUserId))
  if (user === undefined) throw new Error('There is no such user.')
  await seam.deleteUser(user.acsUserId)
  return createAcsUserChange('DELETED', user)
}

async function updateConnection({ systems, ...lists }: Lists): Promise<NewChange> {
  const change = await updateCredential({ systems, ...lists })
  const system = systems.find((row) => row.acsSystemId === change.acsSystemId)
  const { connectedAccountId } = system ?? {}
  if (connectedAccountId == null) throw new Error('There is no such account.')
  return createConnectionChange('UPDATED', { connectedAccountId })
}

const actions = {
  'an updated credential': updateCredential,
  'the credentials of a deleted ACS user': deleteUser,
  'the credentials of a connection that was updated': updateConnection,
} as const
const cases = Object.entries(actions).flatMap(([what, makeChange]) =>
  (['after the lists are stored', 'before the lists are stored', 'while the lists are pending'] as const).map(
    (when) => [what, when, makeChange] as const,
  ),
)

it.each(cases)(
  'given an empty catalog and a change while a reconciliation reads its lists, should serve %s in the new state: %s',
  async (_what, when, makeChange) => {
    const catalog = createCatalog({ seam, maxAgeMs: 300_000 })
    const lists = await readLists()
    const listsRead = Promise.withResolvers<Lists>()
    const pending = async <Name extends keyof Lists>(name: Name) => (await listsRead.promise)[name]
    const prioritized = new Set<string>()
    using shared = catalog.sharePendingLists(
      {
        systems: pending('systems'),
        accounts: pending('accounts'),
        users: pending('users'),
        entrances: pending('entrances'),
        credentials: pending('credentials'),
      },
      (name) => prioritized.add(name),
    )
    const change = await makeChange(lists)
    const now = new Date().toISOString()
    catalog.applyChanges([{ ...change, occurredAt: now, recordedAt: now, offset: 1 }])
    const read = async () => catalog.viewFor(demoViewer).credentials(null)
    if (when !== 'while the lists are pending') listsRead.resolve(lists)
    if (when === 'after the lists are stored') shared.storeLists(lists)
    const reading = read()
    listsRead.resolve(lists)
    const served = await reading
    const endsById = (rows: Lists['credentials']) =>
      rows.map(({ acsCredentialId, endsAt }) => `${acsCredentialId} ${endsAt}`).sort()
    const current = endsById(await seam.listCredentials({}))
    expect(endsById([...served])).toEqual(current)
    if (when === 'while the lists are pending' && makeChange === updateCredential)
      expect([...prioritized].sort()).toEqual(['credentials', 'systems'])
    shared.storeLists(lists)
    expect(endsById([...(await read())])).toEqual(current)
  },
)

it('should load lists from Seam if the shared ones are truncated, or their reconciliation fails', async () => {
  for (const list of [async () => null, () => Promise.reject(new Error('The process stops.'))]) {
    const catalog = createCatalog({ seam, maxAgeMs: 300_000 })
    using _shared = catalog.sharePendingLists(
      { systems: list(), accounts: list(), users: list(), entrances: list(), credentials: list() },
      () => undefined,
    )
    const view = catalog.viewFor(demoViewer)
    expect(await view.systems()).toEqual(await seam.listSystems())
    expect(await view.accounts()).toEqual(await seam.listAccounts())
    expect((await view.users(null)).length).toBe((await seam.listUsers({})).length)
  }
})
