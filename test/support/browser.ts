import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** Starts a headless Chromium, which comes with an npm package and needs no installation. */
export async function startBrowser(extraArgs: readonly string[] = []): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // With `--single-process`, closing a page would end the browser.
    args: [
      ...chromium.args.filter((arg) => arg !== '--single-process' && arg !== '--no-zygote'),
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      ...extraArgs,
    ],
    headless: true,
  })
}
