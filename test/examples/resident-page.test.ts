import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Result } from 'axe-core'
import type { Page } from 'playwright-core'
import { build, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AcsUserId } from '../../src/model/ids.ts'
import { createApiKey } from '../support/api-keys.ts'
import { collectErrors, type DashboardFixture, startDashboard } from '../support/dashboard.ts'
import { mutateSuccessfully } from '../support/graph-mutations.ts'

const configFile = 'examples/resident-page/vite.config.ts'
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const closing = new AsyncDisposableStack()
let fixture: DashboardFixture
let url: string
let apiKey: string
let phoneKeyId: string

beforeAll(async () => {
  fixture = closing.use(await startDashboard())
  const { world } = fixture
  const outDir = await mkdtemp(join(tmpdir(), 'latchkey-page-'))
  closing.defer(() => rm(outDir, { recursive: true }))
  await build({ configFile, logLevel: 'warn', build: { outDir } })
  const server = await preview({
    configFile,
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1', proxy: { '/graphql': { target: world.url, ws: true } } },
  })
  closing.defer(() => server.close())
  url = server.resolvedUrls?.local[0] ?? ''
  const [acsSystemId] = world.sandbox.ids().acsSystemIds
  const { acsEntrances } = await world.ask<{ acsEntrances: { nodes: { id: string }[] } }>(
    'query ($s: ID) { acsEntrances(first: 2, filter: { acsSystemId: $s }) { nodes { id } } }',
    { s: acsSystemId },
  )
  const ids = acsEntrances.nodes.map(({ id }) => id)
  const { acsUser, acsCredentials } = await mutateSuccessfully(world, 'moveIn', {
    acsSystemId,
    fullName: 'Ada Tenant',
    emailAddress: 'ada@example.com',
    startsAt: new Date(Date.now() - 60_000).toISOString(),
    endsAt: new Date(Date.now() + 86_400_000).toISOString(),
    mobileKeyAcsEntranceIds: ids,
    codeAcsEntranceIds: ids.slice(0, 1),
  })
  phoneKeyId = acsCredentials.find((it: { accessMethod: string }) => it.accessMethod === 'MOBILE_KEY').seamId
  apiKey = await createApiKey(world, {
    name: 'ada',
    scopes: ['read', 'events'],
    residentId: acsUser.seamId as AcsUserId,
  })
}, 120_000)
afterAll(() => closing.disposeAsync())

async function openPage(): Promise<{ page: Page; errors: string[] }> {
  const context = await fixture.browser.newContext({ locale: 'en-US', viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  const errors = collectErrors(page)
  await page.goto(url)
  return { page, errors }
}

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Show my keys' }).click()
}

describe("the resident's page", () => {
  it('should refuse a wrong API key and keep nothing', async () => {
    const { page, errors } = await openPage()
    await signIn(page, 'lk_wrong')
    await page.getByRole('alert').filter({ hasText: 'not valid' }).waitFor()
    expect(await page.evaluate('sessionStorage.length + localStorage.length')).toBe(0)
    expect(errors).toEqual([])
  })

  it("should show the resident's keys and entrances, and remove a revoked key without a reload", async () => {
    const { page, errors } = await openPage()
    await signIn(page, apiKey)
    await page.getByRole('heading', { name: 'Ada Tenant' }).waitFor()
    const keys = page.getByRole('list', { name: 'Keys' }).getByRole('listitem')
    const entrances = page.getByRole('list', { name: 'Entrances' }).getByRole('listitem')
    await expect.poll(() => keys.filter({ hasText: 'Works now' }).count()).toBe(2)
    expect(await keys.filter({ hasText: 'Until' }).count()).toBe(2)
    expect(await entrances.count()).toBe(2)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    expect(await page.evaluate('localStorage.length')).toBe(0)
    await page.evaluate(axeSource)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const { violations } = (await page.evaluate('axe.run(document)')) as { violations: Result[] }
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    }
    if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE })
    await page.evaluate('globalThis.isSamePage = true')
    await mutateSuccessfully(fixture.world, 'revokeCredential', { acsCredentialId: phoneKeyId })
    await expect.poll(() => keys.count(), { timeout: 20_000 }).toBe(1)
    expect(await entrances.count()).toBe(1)
    expect(await page.evaluate('globalThis.isSamePage')).toBe(true)
    expect(errors).toEqual([])
  })
})
