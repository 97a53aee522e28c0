import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { startBrowser } from './browser.ts'
import { startWorld, type World, type WorldOptions } from './world.ts'

/** A building, a gateway and a browser with the dashboard, all real. */
export type DashboardFixture = AsyncDisposable & {
  readonly world: World
  readonly browser: Browser
  /** Opens a screen in a new browser context and waits until it is live. Errors of the page are collected in `errors`. */
  open(path: string, options?: BrowserContextOptions): Promise<DashboardPage>
}

export type DashboardPage = {
  readonly page: Page
  /** Uncaught errors, and errors and warnings in the console. */
  readonly errors: string[]
}

export async function startDashboard(
  options: WorldOptions & { readonly browserArgs?: readonly string[] } = {},
): Promise<DashboardFixture> {
  const [world, browser] = await Promise.all([startWorld(options), startBrowser(options.browserArgs)])
  return {
    world,
    browser,
    async open(path, contextOptions = {}) {
      const context = await browser.newContext({
        locale: 'en-US',
        viewport: { width: 1440, height: 900 },
        ...contextOptions,
      })
      const page = await context.newPage()
      const errors = collectErrors(page)
      await page.goto(world.url + path)
      return { page, errors }
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** Collects what goes wrong in a page. Failed requests are not included: tests stop the gateway on purpose. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    const isProblem = message.type() === 'error' || message.type() === 'warning'
    if (isProblem && !/net::ERR|Failed to load resource|WebSocket connection/.test(message.text()))
      errors.push(message.text())
  })
  return errors
}

/** Waits until the page receives changes live. */
export async function waitUntilLive(page: Page): Promise<void> {
  await page.locator('[data-state="live"]').waitFor()
}

/** Expects that a dialog announces what its action achieved, and that the button that closes it has the focus. */
export async function expectOutcome(dialog: Locator, message: string | RegExp): Promise<void> {
  await dialog.getByRole('status').getByText(message).waitFor()
  const close = dialog.getByRole('button', { name: 'Close' })
  await expect.poll(() => close.evaluate((button) => button === document.activeElement)).toBe(true)
  expect(await close.getAttribute('aria-describedby')).toBe(
    await dialog.getByRole('status').getAttribute('id'),
  )
}

/** Returns whether a button or an item of a menu has the color of destructive actions. */
export function isDestructive(control: Locator): Promise<boolean> {
  return control.evaluate((element) => {
    const sample = document.createElement('span')
    sample.style.color = 'var(--bad)'
    document.body.append(sample)
    const { color } = getComputedStyle(sample)
    sample.remove()
    return getComputedStyle(element).color === color
  })
}
