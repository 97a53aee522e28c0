import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

/** A busy machine is not a failure. */
const pollOptions = { timeout: 60_000 }

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 1, residents: 8 } })
})
afterAll(() => fixture[Symbol.asyncDispose]())

describe('the change journal', () => {
  it('should follow live, filtered by the address, and show the changes after a position', async () => {
    const { page, errors } = await fixture.open('/changes?kind=DELETED')
    await waitUntilLive(page)
    await page.getByText('No changes yet').waitFor()
    fixture.world.sandbox.act('revoke')
    const lines = page.getByRole('main').getByRole('listitem')
    await lines.getByText(/revoked$/).waitFor()
    fixture.world.sandbox.act('revoke')
    await expect.poll(() => lines.count(), pollOptions).toBe(2)
    await lines.last().getByRole('link', { name: 'From here' }).click()
    await page.getByText('Changes after the chosen position').waitFor()
    await expect.poll(() => lines.count(), pollOptions).toBe(1)
    await page.goBack()
    await expect.poll(() => lines.count(), pollOptions).toBe(2)
    expect(errors).toEqual([])
  })
})

type Held = {
  readonly id: string
  readonly seamId: string
  readonly accessMethod: string
  readonly acsUser: { readonly id: string; readonly displayName: string } | null
}

describe('a credential that no longer exists', () => {
  it('should be named by its access method in the changes and in the history of the resident', async () => {
    const { acsCredentials } = await fixture.world.ask<{ acsCredentials: { nodes: readonly Held[] } }>(
      '{ acsCredentials(first: 100) { nodes { id seamId accessMethod acsUser { id displayName } } } }',
    )
    for (const [accessMethod, name] of [
      ['CODE', 'PIN'],
      ['MOBILE_KEY', 'Mobile key'],
    ]) {
      const credential = acsCredentials.nodes.find((each) => each.accessMethod === accessMethod)
      const user = credential?.acsUser
      fixture.world.sandbox.act('revoke', { acs_credential_id: credential?.seamId ?? '' })
      const { page, errors } = await fixture.open('/changes?kind=DELETED')
      const link = page.getByRole('link', { name: `${name} of ${user?.displayName} revoked`, exact: true })
      await link.first().waitFor()
      await page.goto(`${fixture.world.url}/residents/${user?.id}`)
      const history = page.getByRole('region', { name: 'History' })
      await history.getByText(`${name} revoked`, { exact: true }).first().waitFor()
      expect(errors).toEqual([])
      await page.context().close()
    }
  }, 60_000)
})

describe('the audit trail', () => {
  it('should show who revoked a credential, and filter by action', async () => {
    const { acsCredentials } = await fixture.world.ask<{ acsCredentials: { nodes: { id: string }[] } }>(
      '{ acsCredentials(first: 1) { nodes { id } } }',
    )
    await fixture.world.ask(
      'mutation ($input: RevokeCredentialInput!) { revokeCredential(input: $input) { userErrors { message } } }',
      { input: { acsCredentialId: acsCredentials.nodes[0]?.id } },
    )
    const { page, errors } = await fixture.open('/audit')
    const records = page.getByRole('main').getByRole('listitem')
    await records.getByRole('button', { name: 'Revoke a credential' }).click()
    await page.waitForURL(/action=revokeCredential/)
    await expect.poll(() => records.count(), pollOptions).toBe(1)
    await records.getByText('Done').waitFor()
    expect(errors).toEqual([])
  })
})
