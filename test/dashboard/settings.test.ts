import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiKeyStore } from '../../src/auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { type DashboardFixture, expectOutcome, isDestructive, startDashboard } from '../support/dashboard.ts'
import { type Receiver, startReceiver, verifyMessage } from '../support/webhook-receiver.ts'

let fixture: DashboardFixture
let receiver: Receiver
let keys: ApiKeyStore
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 2, residents: 2, doors: 2 } })
  receiver = await startReceiver()
  keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: fixture.world.dataDir,
    workspaceId: async () => fixture.world.sandbox.workspaceId,
  })
})
afterAll(async () => {
  await keys.close()
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

async function findResident(): Promise<{ displayName: string; seamId: string }> {
  const { acsUsers } = await fixture.world.ask<{
    acsUsers: { nodes: { displayName: string; seamId: string }[] }
  }>('{ acsUsers(first: 1) { nodes { displayName seamId } } }')
  return acsUsers.nodes[0] ?? { displayName: '', seamId: '' }
}

async function chooseResident(page: Page, form: Locator, name: string): Promise<void> {
  await form.getByRole('combobox', { name: 'Resident' }).fill(name)
  await page.getByRole('option', { name }).click()
}

/** Types a date and a time, such as `013120401200`, into a field. */
async function typeDate(page: Page, form: Locator, label: string, digits: string): Promise<void> {
  await form.getByRole('group', { name: label }).getByRole('spinbutton').first().focus()
  await page.keyboard.type(digits)
}

const invalidDate = (form: Locator): Locator => form.locator('.react-aria-DatePicker[data-invalid]')

/** Creates a webhook endpoint in the graph. Returns its secret. */
async function createEndpoint(url: string): Promise<string> {
  const { createWebhookEndpoint } = await fixture.world.ask<{ createWebhookEndpoint: { secret: string } }>(
    'mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { secret } }',
    { input: { url } },
  )
  return createWebhookEndpoint.secret
}

/** Creates an ACS user in the graph. Returns its ID in Seam. */
async function createUser(fullName: string): Promise<string> {
  const input = { acsSystemId: fixture.world.sandbox.ids().acsSystemIds[0], fullName }
  const { createAcsUser } = await fixture.world.ask<{ createAcsUser: { acsUser: { seamId: string } } }>(
    'mutation ($input: CreateAcsUserInput!) { createAcsUser(input: $input) { acsUser { seamId } } }',
    { input },
  )
  return createAcsUser.acsUser.seamId
}

/** Chooses an action from the menu of the only webhook endpoint. */
async function chooseAction(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^More actions for / }).click()
  await page.getByRole('menuitem', { name }).click()
}

/** Deletes the only webhook endpoint. The outcome stays in the dialog after the endpoint has left the list. */
async function deleteEndpoint(page: Page): Promise<void> {
  await chooseAction(page, 'Delete …')
  const dialog = page.getByRole('dialog', { name: 'Delete this endpoint?' })
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expectOutcome(dialog, /^The endpoint http.* is deleted\.$/)
  await page.getByText('No webhook endpoints yet').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).press('Enter')
  await dialog.waitFor({ state: 'detached' })
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

    const revoke = page.getByRole('button', { name: 'Revoke Front desk' })
    expect(await isDestructive(revoke)).toBe(true)
    await revoke.click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    const outcome = page.getByRole('dialog', { name: 'Revoke “Front desk”?' })
    await expectOutcome(outcome, '“Front desk” is revoked.')
    await outcome.getByRole('button', { name: 'Close' }).press('Enter')
    await page.getByText('No API keys yet').waitFor()
    expect(await askStatus(key)).toBe(401)
    expect(errors).toEqual([])
  })

  it('should create an API key of one resident with an expiry on a date, and show errors at their fields', async () => {
    const { page, errors } = await fixture.open('/settings/api-keys')
    await page.getByRole('button', { name: 'Create API key' }).click()
    const form = page.getByRole('dialog', { name: 'Create API key' })
    const create = form.getByRole('button', { name: 'Create API key' })
    await form.getByRole('textbox', { name: 'Name' }).fill('Resident app')
    await form.getByRole('button', { name: /Expires/ }).click()
    await page.getByRole('option', { name: 'On a date' }).click()
    await form.getByRole('button', { name: /Access/ }).click()
    await page.getByRole('option', { name: 'Only one resident' }).click()
    await create.press('Enter')
    await form.getByText('Choose a date.').waitFor()
    await form.getByText('Choose a resident.').waitFor()

    const resident = await findResident()
    await chooseResident(page, form, resident.displayName)
    await typeDate(page, form, 'Date of expiry', '010120200900')
    await create.press('Enter')
    await invalidDate(form)
      .getByText(/must be in the future/)
      .waitFor()
    await typeDate(page, form, 'Date of expiry', '010120400900')
    await create.press('Enter')
    const shown = page.getByRole('dialog', { name: 'API key “Resident app” is created' })
    const key = await shown.getByRole('textbox', { name: 'API key' }).inputValue()
    await shown.getByRole('button', { name: 'I have stored it' }).click()
    const record = await keys.findByKey(key)
    expect(record).toMatchObject({ residentId: resident.seamId, acsSystemIds: null })
    expect(record?.expiresAt).toMatch(/^20(39-12-31|40-01-01)T/)
    await keys.revoke('Resident app')
    expect(errors).toEqual([])
  })

  it('should narrow an API key in use, and show the errors of the server at their fields', async () => {
    const { key, record } = await keys.create({
      ...{ name: 'Kiosk', scopes: ['read', 'write', 'events'], expiresAt: '2040-01-01T12:00:00Z' },
    })
    const { page, errors } = await fixture.open('/settings/api-keys')
    await page.getByRole('button', { name: 'Reduce permissions of Kiosk' }).click()
    const dialog = page.getByRole('dialog', { name: 'Reduce the permissions of “Kiosk”' })
    const submit = dialog.getByRole('button', { name: 'Reduce permissions' })
    await submit.press('Enter')
    await dialog.getByText(/Give at least one new limit/).waitFor()
    expect(await dialog.getByRole('checkbox', { name: /^admin/ }).count()).toBe(0)
    await typeDate(page, dialog, 'Expires', '010220400900')
    await submit.press('Enter')
    await invalidDate(dialog)
      .getByText(/The API key expires at 2040-01-01T12:00:00/)
      .waitFor()
    expect(await keys.findByKey(key)).toEqual(record)

    await typeDate(page, dialog, 'Expires', '010120390900')
    await dialog.getByRole('checkbox', { name: /^write/ }).press('Space')
    await dialog.getByRole('button', { name: /Access/ }).click()
    await page.getByRole('option', { name: 'Only some buildings' }).click()
    await dialog.getByRole('checkbox', { name: 'Riverside 12' }).press('Space')
    await submit.press('Enter')
    await dialog.getByRole('status').getByText('The permissions of “Kiosk” are reduced.').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).press('Enter')
    await page.getByText('read, events').waitFor()
    await page.getByText('Riverside 12').waitFor()
    const narrowed = await keys.findByKey(key)
    expect(narrowed).toMatchObject({ scopes: ['read', 'events'], acsSystemIds: [expect.any(String)] })
    expect(narrowed?.expiresAt).toMatch(/^20(38-12-31|39-01-01)T/)

    // Without a limit to buildings, it can still be limited to one resident.
    const resident = await findResident()
    await page.getByRole('button', { name: 'Reduce permissions of Kiosk' }).click()
    await dialog.getByRole('button', { name: /As now: Riverside 12/ }).click()
    await page.getByRole('option', { name: 'Only one resident' }).click()
    await chooseResident(page, dialog, resident.displayName)
    await submit.press('Enter')
    await dialog.getByRole('status').waitFor()
    expect(await keys.findByKey(key)).toEqual({ ...narrowed, residentId: resident.seamId })
    await keys.revoke('Kiosk')
    expect(errors).toEqual([])
  })

  it('should edit a webhook endpoint, pause it, send changes again and replace its secret', async () => {
    receiver.answer = () => ({ status: 204 })
    const secret = await createEndpoint(`${receiver.url}/hook`)
    const { page, errors } = await fixture.open('/settings/webhooks')
    const { cursor } = await fixture.world.ask<{ cursor: string }>('{ cursor }')
    const actions = page.getByRole('group', { name: /^Actions for / })
    await expect
      .poll(() => actions.getByRole('button').allInnerTexts())
      .toEqual(['Send test message', 'Pause', 'Edit', 'More'])
    await page.getByRole('button', { name: /^More actions for / }).click()
    const items = page.getByRole('menuitem')
    await expect.poll(() => items.allInnerTexts()).toEqual(['Replay …', 'New secret …', 'Delete …'])
    expect(await isDestructive(items.first())).toBe(false)
    expect(await isDestructive(items.last())).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Edit' }).click()
    const form = page.getByRole('dialog', { name: 'Edit endpoint' })
    const url = form.getByRole('textbox', { name: 'URL' })
    await url.fill('https://10.0.0.1/')
    await form.getByRole('button', { name: 'Save' }).press('Enter')
    await form
      .locator('[data-invalid]')
      .filter({ has: page.getByRole('textbox', { name: 'URL' }) })
      .getByText(/public/i)
      .waitFor()
    await url.fill(`${receiver.url}/edited`)
    await form.getByRole('textbox', { name: /Note/ }).fill('Parcel room')
    await form.getByRole('checkbox', { name: 'Residents' }).press('Space')
    await form.getByRole('button', { name: 'Save' }).press('Enter')
    await page.getByText('Parcel room').waitFor()
    const first = await createUser('Ada Parcel')
    const taken = () => receiver.taken.filter(({ path }) => path === '/edited')
    const subjects = () => taken().map(({ body }) => JSON.parse(body).data.acsUserId)
    await expect.poll(subjects, { timeout: 15_000 }).toEqual([first])
    expect(taken().map((message) => verifyMessage(message, secret))).toMatchObject([{ type: 'user.created' }])

    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused', { exact: true }).waitFor()
    const second = await createUser('Bob Parcel')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Active', { exact: true }).waitFor()
    await expect.poll(subjects, { timeout: 15_000 }).toEqual([first, second])

    await chooseAction(page, 'Replay …')
    const replay = page.getByRole('dialog', { name: 'Send changes again' })
    const position = replay.getByRole('textbox', { name: 'Cursor' })
    await position.fill('nonsense')
    await replay.getByRole('button', { name: 'Send again' }).press('Enter')
    await replay
      .locator('[data-invalid]')
      .filter({ has: page.getByRole('textbox', { name: 'Cursor' }) })
      .getByText(/cursor/i)
      .last()
      .waitFor()
    await position.fill(cursor)
    await replay.getByRole('button', { name: 'Send again' }).press('Enter')
    await replay.waitFor({ state: 'detached' })
    await expect.poll(subjects, { timeout: 15_000 }).toEqual([first, second, first, second])
    expect(new Set(taken().map(({ id }) => id)).size).toBe(2)

    await chooseAction(page, 'New secret …')
    await page.getByRole('dialog').getByRole('button', { name: 'Create new secret' }).click()
    const shown = page.getByRole('dialog', { name: 'The secret of this endpoint' })
    const newSecret = await shown.getByRole('textbox', { name: 'Secret' }).inputValue()
    expect(newSecret).not.toBe(secret)
    await shown.getByRole('button', { name: 'I have stored it' }).click()
    await page.getByRole('button', { name: 'Send test message' }).click()
    await page.getByText('The test message was accepted (HTTP status 204).').waitFor()
    const test = taken().at(-1)
    expect(test && verifyMessage(test, newSecret)).toMatchObject({ type: 'test' })
    await deleteEndpoint(page)
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
    const message = receiver.taken.at(-1)
    expect(message && verifyMessage(message, secret)).toMatchObject({ type: 'test' })
    receiver.answer = () => ({ status: 500 })
    await page.getByRole('button', { name: 'Send test message' }).click()
    await page.getByText('The server responded with HTTP status 500.').waitFor()

    await createUser('Ada Undelivered')
    await page.getByRole('button', { name: 'Try now' }).waitFor()
    await chooseAction(page, 'Pause')
    await page.getByText('Paused').waitFor()
    await page.getByText(/^1 change, the oldest from/).waitFor()
    await page.getByRole('button', { name: 'Edit' }).click()
    const editor = page.getByRole('dialog', { name: 'Edit endpoint' })
    await editor.getByRole('textbox', { name: 'Messages at the same time' }).fill('99')
    await editor.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('definition').filter({ hasText: /^32$/ }).waitFor()
    receiver.answer = () => ({ status: 204 })
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Active', { exact: true }).waitFor()
    await deleteEndpoint(page)
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
    const { key } = await keys.create({ name: 'partner', scopes: ['read', 'events'] })
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
