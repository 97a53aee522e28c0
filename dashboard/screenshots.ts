import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import gifenc from 'gifenc'
import type { Page } from 'playwright-core'
import { PNG } from 'pngjs'
import { startBrowser } from '../test/support/browser.ts'
import { startWorld } from '../test/support/world.ts'

/**
 * Makes the pictures of the README from the bundled building in a real browser: `node dashboard/screenshots.ts`.
 * Writes `docs/images/*.png`, and `docs/images/live.gif`, 20 seconds of the overview with simulated activity.
 */
const folder = new URL('../docs/images/', import.meta.url)
const viewport = { width: 1440, height: 900 }
const filmViewport = { width: 960, height: 640 }
const framesPerSecond = 2
const seconds = 20

async function takePictures(page: Page, url: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const [name, path] of Object.entries(await findPaths(page, url))) {
      await page.goto(url + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      const loading = page.getByRole('status', { name: 'Loading' })
      while ((await loading.count()) > 0) await loading.first().waitFor({ state: 'detached' })
      await page.screenshot({ path: fileURLToPath(new URL(`${name}-${colorScheme}.png`, folder)) })
    }
  }
}

/** The screens to take, and the resident whose access check fails. */
async function findPaths(page: Page, url: string): Promise<Readonly<Record<string, string>>> {
  const query =
    '{ acsCredentials(first: 1, filter: { status: FAILED }) { nodes { acsUser { id } entrances(first: 1) { nodes { id } } } } }'
  const response = await page.request.post(`${url}/graphql`, { data: { query } })
  const [credential] = (await response.json()).data.acsCredentials.nodes
  const entrance = credential?.entrances.nodes[0]?.id ?? ''
  return {
    overview: '/',
    residents: '/residents',
    'why-not': `/residents/${credential?.acsUser.id}?entrance=${entrance}`,
    matrix: '/matrix',
  }
}

/** A film of the page as it changes. All frames share one palette of 64 colors, which is enough for a page and keeps the file small. */
async function film(page: Page): Promise<Uint8Array> {
  const { GIFEncoder, quantize, applyPalette } = gifenc
  const encoder = GIFEncoder()
  let palette: number[][] | null = null
  for (let frame = 0; frame < seconds * framesPerSecond; frame += 1) {
    const { width, height, data } = PNG.sync.read(await page.screenshot({ type: 'png' }))
    palette ??= quantize(data, 64)
    encoder.writeFrame(applyPalette(data, palette), width, height, {
      ...(frame === 0 && { palette }),
      delay: 1000 / framesPerSecond,
    })
    await page.waitForTimeout(1000 / framesPerSecond)
  }
  encoder.finish()
  return encoder.bytes()
}

// The typeface that comes with the browser, so that the pictures do not depend on what is installed.
process.env.FONTCONFIG_PATH ??= join(tmpdir(), 'fonts')
await mkdir(folder, { recursive: true })
await using world = await startWorld({ sandbox: { activity: true, activityIntervalMs: 1_500 } })
const browser = await startBrowser()
const page = await browser.newPage({ viewport: filmViewport, locale: 'en-US' })
await page.goto(world.url)
await page.locator('[data-state="live"]').waitFor()
await writeFile(new URL('live.gif', folder), await film(page))
// After the film, the overview has changes to show.
await page.setViewportSize(viewport)
await takePictures(page, world.url)
await browser.close()
