import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** A real headless Chromium, from a package: no download of its own, and nothing to install by hand. */
export async function startBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // In one process, the end of a page would be the browser's.
    args: [
      ...chromium.args.filter((arg) => arg !== '--single-process' && arg !== '--no-zygote'),
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
    ],
    headless: true,
  })
}
