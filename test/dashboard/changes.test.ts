import type { Locator, Page } from 'playwright-core'
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
    const toChangesAfter = (line: Locator) => line.getByRole('link', { name: 'Show what came after' })
    // Nothing comes after the newest change.
    expect(await toChangesAfter(lines.first()).count()).toBe(0)
    const time = await lines.last().getByRole('time').first().textContent()
    expect(time).toMatch(/^\w{3} \d+, \d{4}, \d\d:\d\d \w+$/)
    await toChangesAfter(lines.last()).click()
    await page.getByRole('heading', { name: `Changes after ${time}, oldest first` }).waitFor()
    await expect.poll(() => lines.count(), pollOptions).toBe(1)
    await page.getByRole('link', { name: 'Back to the newest changes' }).click()
    await expect.poll(() => lines.count(), pollOptions).toBe(2)
    expect(page.url()).toBe(`${fixture.world.url}/changes?kind=DELETED`)
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
      const history = page.getByRole('region', { name: 'Changes' })
      await history.getByText(`${name} revoked`, { exact: true }).first().waitFor()
      expect(errors).toEqual([])
      await page.context().close()
    }
  }, 60_000)
})

describe('the audit trail', () => {
  const records = (page: Page) => page.getByRole('main').getByRole('listitem')
  const mutate = (name: string, input: object) =>
    fixture.world.ask(
      `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { userErrors { message } } }`,
      { input },
    )
  const findCredential = async () => {
    const { acsCredentials } = await fixture.world.ask<{ acsCredentials: { nodes: readonly Held[] } }>(
      '{ acsCredentials(first: 100) { nodes { id seamId accessMethod acsUser { id displayName } } } }',
    )
    const found = acsCredentials.nodes.find(
      ({ accessMethod, acsUser }) => accessMethod === 'CODE' && acsUser !== null,
    )
    if (found?.acsUser == null) throw new Error('The building has no PIN.')
    return { ...found, acsUser: found.acsUser }
  }

  it('should say in words who revoked which credential of whom, and filter by action', async () => {
    const { id, seamId, acsUser } = await findCredential()
    await mutate('revokeCredential', { acsCredentialId: id })
    const { page, errors } = await fixture.open('/audit')
    const record = records(page).filter({ hasText: `Demo revoked a PIN of ${acsUser.displayName}` })
    await record.getByRole('link', { name: acsUser.displayName }).waitFor()
    // A badge is for what did not succeed, and IDs are for those who ask for them.
    expect(await record.getByText('Done').count()).toBe(0)
    expect(await record.getByText(seamId).isVisible()).toBe(false)
    await record.getByText('Details').click()
    await record.getByText(seamId).waitFor()
    await page.getByRole('button', { name: /Action/ }).click()
    await page.getByRole('option', { name: 'Revoked a credential', exact: true }).click()
    await page.waitForURL(/action=revokeCredential/)
    await expect.poll(() => records(page).count(), pollOptions).toBe(1)
    expect(errors).toEqual([])
  })

  it('should show settings with names and in the zone of the building', async () => {
    const { acsSystems, acsEntrances } = await fixture.world.ask<{
      acsSystems: { nodes: readonly { readonly id: string; readonly timeZone: string }[] }
      acsEntrances: { nodes: readonly { readonly id: string; readonly displayName: string }[] }
    }>(
      '{ acsSystems(first: 1) { nodes { id timeZone } } acsEntrances(first: 1) { nodes { id displayName } } }',
    )
    const [system] = acsSystems.nodes
    const [entrance] = acsEntrances.nodes
    await mutate('moveIn', {
      acsSystemId: system?.id,
      fullName: 'Nova Newcomer',
      codeAcsEntranceIds: [entrance?.id],
      startsAt: '2026-11-01T12:00:00Z',
      endsAt: '2027-01-31T09:55:49Z',
    })
    const { page, errors } = await fixture.open('/audit?action=moveIn')
    const record = records(page).filter({ hasText: 'Demo moved in Nova Newcomer' })
    await record.getByText(entrance?.displayName ?? '', { exact: true }).waitFor()
    const end = new Intl.DateTimeFormat('en-US', {
      ...({ timeZone: system?.timeZone, dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' } as const),
    }).format(new Date('2027-01-31T09:55:49Z'))
    expect(end).not.toContain('09:55')
    await record.getByRole('definition').filter({ hasText: end }).waitFor()
    expect(await record.textContent()).not.toMatch(/codeDoors|endsAt|2027-01-31T/)
    expect(errors).toEqual([])
  })

  it('should say that a resident is deleted', async () => {
    const { acsUser } = await findCredential()
    await mutate('moveOut', { acsUserId: acsUser.id })
    const { page, errors } = await fixture.open('/audit?action=moveOut')
    await records(page).getByText('Demo moved out a deleted resident').waitFor()
    expect(errors).toEqual([])
  })
})
