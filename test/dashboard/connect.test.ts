import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type DashboardFixture,
  expectOutcome,
  isDestructive,
  startDashboard,
  waitUntilLive,
} from '../support/dashboard.ts'

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 1, residents: 4, issueDelayMs: 300 } })
})
afterAll(() => fixture[Symbol.asyncDispose]())

describe('connecting Latch', () => {
  it('should follow a login until the building appears, and disconnect it again', async () => {
    const { page, errors } = await fixture.open('/connect')
    await waitUntilLive(page)
    const start = page.getByRole('button', { name: 'Connect a Latch account' })
    await start.click()
    const opening = page.context().waitForEvent('page')
    await page.getByRole('link', { name: 'Log in to Latch (opens a new tab)' }).click()
    expect(await start.count()).toBe(0)
    const login = await opening
    await login.getByRole('button', { name: 'Authorize' }).click()
    await login.getByText('Latch is connected').waitFor()
    const progress = page.getByRole('region', { name: 'Connect a Latch account' })
    await progress.getByRole('status').getByText('Connected: Latch building 2.').waitFor()
    await progress.getByRole('button', { name: 'Close' }).click()
    await start.waitFor()
    const account = page.getByRole('region', { name: 'Latch building 2', exact: true })
    await account.waitFor()

    const disconnect = account.getByRole('button', { name: 'Disconnect Latch building 2' })
    expect(await isDestructive(disconnect)).toBe(true)
    await disconnect.click()
    const dialog = page.getByRole('dialog', { name: 'Disconnect Latch building 2?' })
    await dialog.getByRole('button', { name: 'Disconnect' }).click()
    await account.waitFor({ state: 'detached' })
    // The account has left the list; the outcome stays until it is closed.
    await expectOutcome(dialog, 'Latch building 2 is disconnected.')
    await dialog.getByRole('button', { name: 'Close' }).press('Enter')
    await dialog.waitFor({ state: 'detached' })
    const { connectedAccounts } = await fixture.world.ask<{ connectedAccounts: { totalCount: number } }>(
      '{ connectedAccounts { totalCount } }',
    )
    expect(connectedAccounts.totalCount).toBe(1)
    expect(errors).toEqual([])
  })

  it('should say that a login failed', async () => {
    const { page, errors } = await fixture.open('/connect')
    await page.getByRole('button', { name: 'Connect a Latch account' }).click()
    const opening = page.context().waitForEvent('page')
    await page.getByRole('link', { name: 'Log in to Latch' }).click()
    await (await opening).getByRole('button', { name: 'Fail' }).click()
    await page.getByRole('alert').getByText('The login did not succeed').waitFor()
    expect(errors).toEqual([])
  })
})
