import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { collectErrors, type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

/** A name in a local network: not a secure context for browsers, unlike 127.0.0.1 and localhost. */
const host = 'gateway.lan'

let fixture: DashboardFixture
let key: string
let origin: string
beforeAll(async () => {
  fixture = await startDashboard({
    isBundled: false,
    sandbox: { systems: 1, residents: 4, doors: 4 },
    browserArgs: [`--host-resolver-rules=MAP ${host} 127.0.0.1`],
  })
  origin = fixture.world.url.replace('127.0.0.1', host)
  const keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: fixture.world.dataDir,
    workspaceId: async () => fixture.world.sandbox.workspaceId,
  })
  key = (await keys.create({ name: 'lan', scopes: ['read', 'write', 'events'] })).key
  await keys.close()
})
afterAll(() => fixture[Symbol.asyncDispose]())

async function signIn(page: Page, path: string): Promise<void> {
  await page.goto(origin + path)
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await waitUntilLive(page)
}

describe('the page over plain HTTP', () => {
  it('should be live in each tab, and import a file without doing anything twice', async () => {
    const context = await fixture.browser.newContext({ locale: 'en-US' })
    const [importer, list] = [await context.newPage(), await context.newPage()]
    const errors = [importer, list].map(collectErrors)
    const sockets: string[] = []
    for (const page of [importer, list]) page.on('websocket', (socket) => sockets.push(socket.url()))
    await signIn(importer, '/import')
    expect(await importer.evaluate(() => window.isSecureContext)).toBe(false)
    await signIn(list, '/residents')
    // Tabs cannot share a socket there.
    expect(sockets).toHaveLength(2)

    const rows = ['fullName,startsAt,codeDoors', 'Lana Network,2026-12-01,Front Door']
    for (const _round of [1, 2]) {
      await importer.getByRole('button', { name: /Building/ }).click()
      await importer.getByRole('option').first().click()
      await importer
        .locator('input[type="file"]')
        .setInputFiles({ name: 'residents.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) })
      await importer.getByRole('button', { name: 'Move in 1 resident' }).click()
      const row = importer.getByRole('listitem').filter({ hasText: 'Lana Network' })
      await row.getByText('Moved in').waitFor()
      await importer.getByRole('button', { name: 'Choose another file' }).click()
    }
    await list.getByRole('link', { name: 'Lana Network' }).waitFor()
    expect(await list.getByRole('link', { name: 'Lana Network' }).count()).toBe(1)
    // The browser reports that it ignores a header of the gateway, which has no effect without HTTPS.
    expect(errors.flat().filter((text) => !text.startsWith('The Cross-Origin-Opener-Policy'))).toEqual([])
  })
})
