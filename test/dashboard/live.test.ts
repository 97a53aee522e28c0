import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewApiKey } from '../../src/auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { collectErrors, type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'
import { freePort } from '../support/gateway-process.ts'
import type { World } from '../support/world.ts'

/** The rows of the list of residents, as they are shown. */
async function readRows(page: Page): Promise<string[]> {
  const table = page.getByRole('table')
  await table.getByRole('link').first().waitFor()
  return (await table.getByRole('row').allTextContents()).sort()
}

async function readNames(world: World): Promise<string[]> {
  const { acsUsers } = await world.ask<{ acsUsers: { nodes: { displayName: string }[] } }>(
    '{ acsUsers(first: 100) { nodes { displayName } } }',
  )
  return acsUsers.nodes.map(({ displayName }) => displayName)
}

async function addResident(world: World, fullName: string): Promise<void> {
  const { acsSystems } = await world.ask<{ acsSystems: { nodes: { id: string }[] } }>(
    '{ acsSystems { nodes { id } } }',
  )
  await world.ask(
    'mutation ($input: CreateAcsUserInput!) { createAcsUser(input: $input) { userErrors { message } } }',
    { input: { acsSystemId: acsSystems.nodes[0]?.id, fullName } },
  )
}

describe('the live line', () => {
  let fixture: DashboardFixture
  beforeAll(async () => {
    const port = Number(await freePort())
    fixture = await startDashboard({ config: { port }, sandbox: { systems: 1, residents: 8, doors: 6 } })
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  it('should catch up after a restart of the gateway, until the list equals the building', async () => {
    const { world } = fixture
    const { page, errors } = await fixture.open('/residents')
    await waitUntilLive(page)
    await page.getByRole('searchbox', { name: 'Search residents' }).focus()
    const { page: other } = await fixture.open('/entrances')
    await waitUntilLive(other)
    let status = ''
    await world.restart(async () => {
      await page.locator('[data-state="reconnecting"]').waitFor()
      status = (await page.getByRole('status').first().textContent()) ?? ''
      await other.locator('[data-state="reconnecting"]').waitFor()
      await other.getByRole('link', { name: 'Access matrix' }).first().click()
      await other.getByText('The gateway cannot be reached').first().waitFor()
      world.sandbox.act('moveIn')
      world.sandbox.act('moveOut')
      world.sandbox.act('renameUser', { full_name: 'Zora Renamed' })
      world.sandbox.act('revoke')
    })
    expect(status).toMatch(/^Reconnecting since \d\d:\d\d:\d\d$/)
    await page.getByText(/^Live · Caught up: \d+ changes$/).waitFor()
    const names = await readNames(world)
    expect(names).toContain('Zora Renamed')
    // A page that is opened now reads everything from the gateway.
    const { page: reference } = await fixture.open('/residents')
    const rows = await readRows(reference)
    for (const name of names) expect(rows.join('\n')).toContain(name)
    await expect.poll(() => readRows(page), { timeout: 30_000 }).toEqual(rows)
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('type'))
    expect(focused).toBe('search')
    // The screen that could not be loaded is there, without a reload by hand.
    await other.getByRole('rowheader').first().waitFor()
    expect(errors).toEqual([])
  })

  it('should share one socket among tabs, and pass it on when its tab is closed', async () => {
    const { world } = fixture
    const context = await fixture.browser.newContext()
    const [first, second] = [await context.newPage(), await context.newPage()]
    const errors = [first, second].map(collectErrors)
    const sockets: string[] = []
    for (const page of [first, second]) page.on('websocket', (socket) => sockets.push(socket.url()))
    await first.goto(`${world.url}/residents`)
    await waitUntilLive(first)
    await second.goto(`${world.url}/residents`)
    await second.getByRole('table').waitFor()
    expect(sockets).toHaveLength(1)

    await addResident(world, 'Ada Shared')
    for (const page of [first, second]) await page.getByRole('link', { name: 'Ada Shared' }).waitFor()
    await waitUntilLive(second)
    expect(sockets).toHaveLength(1)

    await first.close()
    await addResident(world, 'Bea Alone')
    await second.getByRole('link', { name: 'Bea Alone' }).waitFor()
    expect(sockets).toHaveLength(2)
    expect(errors.flat()).toEqual([])
  })
})

describe('the session', () => {
  let fixture: DashboardFixture
  beforeAll(async () => {
    fixture = await startDashboard({ isBundled: false, sandbox: { systems: 1, residents: 4, doors: 4 } })
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  async function useKeys<T>(
    use: (keys: Awaited<ReturnType<typeof openApiKeyStore>>) => Promise<T>,
  ): Promise<T> {
    const keys = await openApiKeyStore({
      redisUrl: null,
      dataDir: fixture.world.dataDir,
      workspaceId: async () => fixture.world.sandbox.workspaceId,
    })
    try {
      return await use(keys)
    } finally {
      await keys.close()
    }
  }
  const createKey = (options: NewApiKey) => useKeys(async (keys) => (await keys.create(options)).key)

  async function signIn(page: Page, key: string): Promise<void> {
    await page.getByLabel('API key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  it('should lead a viewer whose API key was revoked or has expired to the sign-in and back', async () => {
    const scopes = ['read', 'write', 'events'] as const
    const first = await createKey({ name: 'first', scopes })
    const { page, errors } = await fixture.open('/residents?q=a')
    await signIn(page, first)
    await waitUntilLive(page)
    await useKeys((keys) => keys.revoke('first'))
    await page.getByRole('alert').getByText('Your API key was revoked.').waitFor()

    const expiresAt = new Date(Date.now() + 6_000).toISOString()
    await signIn(page, await createKey({ name: 'second', scopes, expiresAt }))
    // On a slow machine, the API key has expired before the page uses it.
    await page
      .getByRole('alert')
      .getByText(/^Your session has expired|does not accept/)
      .waitFor()

    const third = await createKey({ name: 'third', scopes })
    await signIn(page, third)
    await waitUntilLive(page)
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/residents?q=a')
    const stored = await page.evaluate(() => [JSON.stringify(localStorage), JSON.stringify(sessionStorage)])
    expect(stored[0]).not.toContain(third)
    expect(stored[1]).toContain(third)
    expect(errors).toEqual([])
  })

  it('should show data without live changes and without actions, if the API key does not allow them', async () => {
    const { page, errors } = await fixture.open('/')
    await signIn(page, 'not-a-key')
    await page.getByRole('alert').getByText('does not accept this credential').waitFor()
    await signIn(page, await createKey({ name: 'reader', scopes: ['read'] }))
    await page.getByText(/^Updated every 30 seconds/).waitFor()
    await page.getByRole('region', { name: 'Problems' }).waitFor()
    expect(await page.getByRole('link', { name: 'Move in' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'Changes' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Residents', exact: true }).click()
    await page.getByRole('table').getByRole('link').first().waitFor()
    expect(errors).toEqual([])
  })
})
