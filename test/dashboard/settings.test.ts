import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { type DashboardFixture, startDashboard } from '../support/dashboard.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { type Receiver, startReceiver, verifyMessage } from '../support/webhook-receiver.ts'

let fixture: DashboardFixture
let receiver: Receiver
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 1, residents: 2, doors: 2 } })
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver[Symbol.asyncDispose]()
  await fixture[Symbol.asyncDispose]()
})

async function askStatus(key: string): Promise<number> {
  const { status } = await fixture.world.post(
    { query: '{ viewer { name } }' },
    { authorization: `Bearer ${key}` },
  )
  return status
}

describe('the settings', () => {
  it('should create an API key, show it once, and revoke it', async () => {
    const { page, errors } = await fixture.open('/settings')
    await page.waitForURL('**/settings/api-keys')
    await page.getByRole('button', { name: 'Create API key' }).click()
    const form = page.getByRole('dialog', { name: 'Create API key' })
    await form.getByRole('textbox', { name: 'Name' }).fill('Front desk')
    await form.getByRole('checkbox', { name: /^read/ }).press('Space')
    await form.getByRole('button', { name: 'Create API key' }).click()
    await form.getByText('Choose at least one scope.').waitFor()
    await form.getByRole('checkbox', { name: /^read/ }).press('Space')
    await form.getByRole('checkbox', { name: /^events/ }).press('Space')
    await form.getByRole('button', { name: 'Create API key' }).click()

    const shown = page.getByRole('dialog', { name: 'API key “Front desk” is created' })
    const key = await shown.getByRole('textbox', { name: 'API key' }).inputValue()
    expect(await askStatus(key)).toBe(200)
    await page.keyboard.press('Escape')
    await shown.getByRole('button', { name: 'I have stored it' }).click()
    await page.getByText('read, events').waitFor()
    await page.reload()
    await page.getByText('read, events').waitFor()
    expect(await page.content()).not.toContain(key)

    await page.getByRole('button', { name: 'Revoke Front desk' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('No API keys yet').waitFor()
    expect(await askStatus(key)).toBe(401)
    expect(errors).toEqual([])
  })

  it('should add a webhook endpoint, test, pause, resume and delete it', async () => {
    const { page, errors } = await fixture.open('/settings/webhooks')
    await page.getByRole('button', { name: 'Add endpoint' }).click()
    const form = page.getByRole('dialog', { name: 'Add a webhook endpoint' })
    await form.getByRole('textbox', { name: 'URL' }).fill('https://10.0.0.1/')
    await form.getByRole('button', { name: 'Add endpoint' }).click()
    await form.getByText(/public/i).waitFor()
    await form.getByRole('textbox', { name: 'URL' }).fill(`${receiver.url}/hook`)
    await form.getByRole('button', { name: 'Add endpoint' }).click()
    const shown = page.getByRole('dialog', { name: 'The secret of this endpoint' })
    const secret = await shown.getByRole('textbox', { name: 'Secret' }).inputValue()
    await shown.getByRole('button', { name: 'I have stored it' }).click()

    await page.getByRole('button', { name: 'Send test message' }).click()
    await page.getByText('The test message was accepted (HTTP status 204).').waitFor()
    const [message] = receiver.taken
    expect(message && verifyMessage(message, secret)).toMatchObject({ type: 'test' })
    receiver.answer = () => ({ status: 500 })
    await page.getByRole('button', { name: 'Send test message' }).click()
    await page.getByText('The server responded with HTTP status 500.').waitFor()

    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused').waitFor()
    type Systems = { acs_systems: { acs_system_id: string }[] }
    const { acs_systems } = await callSandbox<Systems>(fixture.world, 'acs/systems/list')
    await callSandbox(fixture.world, 'acs/users/create', {
      acs_system_id: acs_systems[0]?.acs_system_id,
      full_name: 'Ada',
    })
    await page.getByText(/^1 change, the oldest from/).waitFor()
    await page.getByRole('button', { name: 'Edit' }).click()
    const editor = page.getByRole('dialog', { name: 'Edit endpoint' })
    await editor.getByRole('textbox', { name: 'Messages at the same time' }).fill('99')
    await editor.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('definition').filter({ hasText: /^32$/ }).waitFor()
    receiver.answer = () => ({ status: 204 })
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Active', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Delete …' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No webhook endpoints yet').waitFor()
    expect(errors).toEqual([])
  })

  it('should show the state of the gateway', async () => {
    const { page, errors } = await fixture.open('/settings/gateway')
    const gateway = page.getByRole('region', { name: 'Gateway' })
    await gateway.getByText('Ready', { exact: true }).waitFor()
    await page.getByRole('region', { name: 'Change journal' }).getByText('SQLite file').waitFor()
    await page
      .getByRole('region', { name: 'Seam' })
      .getByText(/registered at/)
      .waitFor()
    expect(errors).toEqual([])
  })

  it('should show only what the scopes of the viewer allow', async () => {
    const store = await openApiKeyStore({
      redisUrl: null,
      dataDir: fixture.world.dataDir,
      workspaceId: async () => fixture.world.sandbox.workspaceId,
    })
    const { key } = await store.create({ name: 'partner', scopes: ['read', 'events'] })
    await store.close()
    const context = await fixture.browser.newContext()
    // The demo opens by itself; this tab is signed in with the API key.
    await context.addInitScript(
      (credential) => sessionStorage.setItem('latchkey.session', credential),
      JSON.stringify({ kind: 'api-key', value: key }),
    )
    const page = await context.newPage()
    await page.goto(`${fixture.world.url}/settings`)
    await page.waitForURL('**/settings/webhooks')
    const tabs = page.getByRole('navigation', { name: 'Settings' })
    await tabs.getByRole('link', { name: 'Webhook endpoints' }).waitFor()
    expect(await tabs.getByRole('link').count()).toBe(1)
    await context.close()
  })
})
