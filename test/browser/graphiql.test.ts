import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser } from '../support/browser.ts'
import { readSandboxObjects } from '../support/graph-mutations.ts'
import { startWorld, type World } from '../support/world.ts'

let browser: Browser
let world: World
beforeAll(async () => {
  browser = await startBrowser()
  world = await startWorld()
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
})

/** Opens GraphiQL in a new page. `consoleErrors` collects the errors of its console. */
async function openGraphiql(): Promise<{ page: Page; consoleErrors: string[] }> {
  const page = await browser.newPage()
  const consoleErrors: string[] = []
  page.on('pageerror', (error) => consoleErrors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(message.text())
  })
  await page.goto(`${world.url}/graphql`)
  await tab(page, 'Dashboard').waitFor()
  return { page, consoleErrors }
}

const tab = (page: Page, name: string) => page.getByRole('tab').filter({ hasText: new RegExp(`^${name}`) })
const run = (page: Page) => page.getByRole('button', { name: /execute query/i }).click()
const answer = (page: Page) => page.getByRole('region', { name: 'Result Window' })

describe('GraphiQL in a browser', () => {
  test('should execute the operation of every tab without an error', async () => {
    const { page, consoleErrors } = await openGraphiql()
    const before = (await readSandboxObjects(world)).users.length
    const answers: Record<string, { data: Record<string, unknown>; errors?: unknown }> = {}
    for (const name of ['Dashboard', 'UsersByEntrance', 'CheckAccess', 'MoveIn', 'Changes']) {
      await tab(page, name).click()
      const asked = page.waitForResponse((response) => response.request().postData()?.includes(name) === true)
      await run(page)
      answers[name] = await (await asked).json()
      expect(answers[name]?.errors).toBeUndefined()
    }
    await answer(page).getByText('"data"').waitFor()
    expect(answers.MoveIn?.data.moveIn).toMatchObject({ userErrors: [], acsCredentials: [{}, {}] })
    expect((await readSandboxObjects(world)).users).toHaveLength(before + 1)
    expect(consoleErrors).toEqual([])
    await page.close()
  })

  test('should show changes when they occur', async () => {
    const { page } = await openGraphiql()
    await tab(page, 'CredentialChanges').click()
    await run(page)
    await answer(page).getByText('"cursor"').waitFor()
    world.sandbox.act('revoke')
    await answer(page).getByText('"DELETED"').waitFor()
    await page.close()
  })

  test('should keep showing the last change when empty batches follow', async () => {
    const { page } = await openGraphiql()
    const batches = [
      { cursor: 'one', gap: null, changes: [] },
      { cursor: 'two', gap: null, changes: [{ kind: 'DELETED' }] },
      { cursor: 'three', gap: null, changes: [] },
    ].map((credentialChanges) => `event: next\ndata: ${JSON.stringify({ data: { credentialChanges } })}\n\n`)
    await page.route('**/graphql', (route) =>
      route.request().headers().accept === 'text/event-stream'
        ? route.fulfill({
            contentType: 'text/event-stream',
            body: `:\n\n${batches.join('')}event: complete\ndata:\n\n`,
          })
        : route.continue(),
    )
    await tab(page, 'CredentialChanges').click()
    await run(page)
    await answer(page).getByText('"two"').waitFor()
    await page.getByRole('button', { name: /execute query/i }).waitFor()
    expect(await answer(page).textContent()).not.toContain('three')
    await page.close()
  })
})
