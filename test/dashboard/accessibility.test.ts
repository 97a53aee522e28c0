import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Result } from 'axe-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let fixture: DashboardFixture
const paths: Record<string, string> = {}
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 2, residents: 12 } })
  const { acsUsers, acsEntrances } = await fixture.world.ask<
    Record<'acsUsers' | 'acsEntrances', { nodes: { id: string }[] }>
  >('{ acsUsers(first: 1) { nodes { id } } acsEntrances(first: 1) { nodes { id } } }')
  paths.resident = `/residents/${acsUsers.nodes[0]?.id}`
  paths['why not'] = `${paths.resident}?entrance=${acsEntrances.nodes[0]?.id}`
  paths.entrance = `/entrances/${acsEntrances.nodes[0]?.id}`
})
afterAll(() => fixture[Symbol.asyncDispose]())

const screens = {
  overview: '/',
  residents: '/residents',
  'no resident found': '/residents?q=nobody',
  entrances: '/entrances',
  matrix: '/matrix',
  'move in': '/move-in',
  'move-outs': '/move-outs',
  import: '/import',
  changes: '/changes',
  audit: '/audit',
  connect: '/connect',
  'API keys': '/settings/api-keys',
  webhooks: '/settings/webhooks',
  gateway: '/settings/gateway',
  'unknown object': '/residents/unknown',
  resident: null,
  'why not': null,
  entrance: null,
}

describe('the screens, in both themes', () => {
  it.each(Object.keys(screens))('should have no violation that axe finds: %s', async (name) => {
    const path = screens[name as keyof typeof screens] ?? paths[name] ?? '/'
    const { page, errors } = await fixture.open(path)
    await waitUntilLive(page)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expect
      .poll(() => page.getByRole('status', { name: 'Loading' }).count(), { timeout: 60_000 })
      .toBe(0)
    // Evaluated by the debugger, which the content security policy does not concern.
    await page.evaluate(axeSource)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const violations = (await page.evaluate(
        'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
      )) as Result[]
      expect(
        violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
        ),
        colorScheme,
      ).toEqual([])
    }
    expect(errors).toEqual([])
    await page.context().close()
  })
})
