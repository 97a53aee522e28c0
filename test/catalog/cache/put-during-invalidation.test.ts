import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { demoViewer } from '../../../src/auth/authenticator.ts'
import { createCatalog } from '../../../src/catalog/catalog.ts'
import { createCredentialChange } from '../../../src/commands/publishing/mutation-changes.ts'
import { Secret } from '../../../src/model/secret.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { createSeamClient, type SeamClient } from '../../../src/seam/client.ts'

const end = '2097-07-07T00:00:00Z'
let sandbox: Sandbox
let seam: SeamClient
beforeEach(async () => {
  sandbox = await startSandbox({ port: 0, activity: false, issueDelayMs: 0, systems: 1, residents: 6 })
  seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url })
})
afterEach(async () => {
  seam.close()
  await sandbox.close()
})

/** Lists whose response contains credentials that are then stored in the catalog. */
it.each([
  ["an ACS user's credentials", 'listCredentials'],
  ["an entrance's credentials", 'listCredentialsOfEntrance'],
] as const)(
  'should not serve a credential from before a change that was applied while %s were being loaded',
  async (_list, method) => {
    const all = await seam.listCredentials({})
    const credential = all.find((row) => row.acsUserId !== null && row.accessMethod === 'code')
    if (credential === undefined || credential.acsUserId === null)
      throw new Error('There is no such credential.')
    const user = await seam.getUser(credential.acsUserId)
    const [entrance] = await seam.listEntrancesOfCredential(credential.acsCredentialId)
    const { acsCredentialId, acsSystemId, acsUserId } = credential

    // The credential changes after Seam has read it, and before the response arrives.
    const listBeforeChange = (async (...args: [never, never]) => {
      const rows = await (seam[method] as (...all: unknown[]) => Promise<readonly unknown[]>)(...args)
      await seam.updateCredential(acsCredentialId, { endsAt: end })
      catalog.applyChanges([
        {
          ...createCredentialChange(
            'UPDATED',
            { acsCredentialId, acsSystemId, acsUserId, acsEntranceIds: null },
            ['endsAt'],
          ),
          occurredAt: new Date().toISOString(),
          offset: 1,
          recordedAt: new Date().toISOString(),
        },
      ])
      return rows
    }) as never
    const catalog = createCatalog({
      seam: { ...seam, load: seam.load, [method]: listBeforeChange },
      maxAgeMs: 300_000,
    })
    const view = catalog.viewFor(demoViewer)
    await view.systems()
    if (method === 'listCredentials' && user !== null) await view.credentialsOfUser(user)
    else if (entrance !== undefined) await view.credentialsOfEntrance(entrance)
    await nextTurn()
    expect((await catalog.viewFor(demoViewer).credential(acsCredentialId))?.endsAt).toBe(end)
  },
)
