/// <reference lib="dom" />
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { startBrowser } from '../../test/support/browser.ts'
import { takeEventNumbers } from '../harness/event-ids.ts'
import { type EventSubject, startGateway } from '../harness/gateway.ts'
import { readOptions } from '../harness/options.ts'
import { startSandboxProcess } from '../harness/sandbox-process.ts'
import { formatNumber, formatTable, quantile } from '../harness/statistics.ts'

/** What a page did during a measurement: times between its frames, and durations of its tasks of more than 50 ms, in ms. */
type Recording = { readonly frames: readonly number[]; readonly longTasks: readonly number[] }

type Recorder = { stop(): Recording }
declare global {
  interface Window {
    recorder: Recorder
  }
}

/** The time that a frame or a task may take. */
const budgetMs = 50
/** Distance of one turn of the wheel, and the time between two. */
const wheel = { pixels: 120, everyMs: 50 }

/**
 * Shows the list of residents of the dashboard in Chromium, and measures its frames without and with changes, each of which changes a row, and
 * without and with scrolling. Nothing is measured before the list is complete.
 */
export async function run(args: readonly string[]): Promise<number> {
  const defaults = { residents: 5_000, 'changes-per-minute': 1_000, seconds: 12, rounds: 2 }
  const { residents, 'changes-per-minute': changesPerMinute, seconds, rounds } = readOptions(args, defaults)
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents, entrances: 40, latencyMs: 0 })
  stack.defer(sandbox.stop)
  const gateway = await startGateway(sandbox)
  stack.defer(gateway.stop)
  const browser = await startBrowser()
  stack.defer(() => browser.close())
  const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1440, height: 900 } })
  await openResidents(page, gateway, residents)
  const subjects = await sandbox.list<EventSubject>('acs/credentials/list', 'acs_credentials')

  /** Publishes changes at a constant rate. Returns their number. */
  async function publishUntil(end: number): Promise<number> {
    let count = 0
    for (const startedAt = performance.now(); performance.now() < end; ) {
      await gateway.publish(takeEventNumbers(1)[0] ?? 0, subjects[count % subjects.length])
      count++
      await delay(Math.max(0, startedAt + (count * 60_000) / changesPerMinute - performance.now()))
    }
    return count
  }

  async function scrollUntil(end: number): Promise<void> {
    await page.mouse.move(700, 500)
    while (performance.now() < end) {
      await page.mouse.wheel(0, wheel.pixels)
      await delay(wheel.everyMs)
    }
    await page.evaluate(() => window.scrollTo(0, 0))
  }

  const variants = [
    { name: 'idle', isScrolling: false, isChanging: false },
    { name: 'scrolling', isScrolling: true, isChanging: false },
    { name: 'changes', isScrolling: false, isChanging: true },
    { name: 'changes and scrolling', isScrolling: true, isChanging: true },
  ]
  const measured = variants.map((variant) => ({
    ...variant,
    ...{ changes: 0, frames: [] as number[], longTasks: [] as number[] },
  }))
  for (let round = 0; round < rounds; round++)
    for (const variant of measured) {
      await page.evaluate(startRecorder, budgetMs)
      const end = performance.now() + seconds * 1_000
      const [count] = await Promise.all([
        variant.isChanging ? publishUntil(end) : 0,
        variant.isScrolling ? scrollUntil(end) : delay(seconds * 1_000),
      ])
      const { frames, longTasks } = await page.evaluate(() => window.recorder.stop())
      variant.changes += count
      variant.frames.push(...frames)
      variant.longTasks.push(...longTasks)
    }
  const head = ['variant', `frames over ${budgetMs} ms`, 'frames', 'changes']
  const rows = measured.map(({ name, frames, longTasks, changes }) => [
    name,
    `${frames.filter((ms) => ms > budgetMs).length}`,
    `${frames.length}`,
    `${changes}`,
    formatNumber(quantile(frames, 0.5)),
    formatNumber(quantile(frames, 0.95)),
    formatNumber(Math.max(...frames)),
    `${longTasks.length}`,
    longTasks.length === 0 ? '–' : formatNumber(Math.max(...longTasks)),
  ])
  const table = formatTable(
    [...head, 'p50 ms', 'p95 ms', 'longest ms', `tasks over ${budgetMs} ms`, 'longest task ms'],
    rows,
  )
  process.stdout.write(
    `${residents} residents, ${changesPerMinute} changes a minute, ${seconds} s and ${rounds} rounds each, software rendering\n\n${table}\n`,
  )
  return 0
}

/** Signs in with the API key, and waits until all residents are in the list and changes are live. */
async function openResidents(
  page: Page,
  { url, authorization }: { readonly url: string; readonly authorization: string },
  residents: number,
): Promise<void> {
  await page.goto(new URL('/residents', url).href)
  await page.getByLabel('API key').fill(authorization.replace('Bearer ', ''))
  await page.keyboard.press('Enter')
  const count = `${residents.toLocaleString('en-US')} residents`
  await page.getByRole('status').filter({ hasText: count }).waitFor({ timeout: 120_000 })
  await page.locator('[data-state="live"]').waitFor()
}

/** Runs in the page: records the time of each frame and the long tasks from now on. */
function startRecorder(thresholdMs: number): void {
  const frames: number[] = []
  const longTasks: number[] = []
  const collect = (entries: PerformanceEntryList): void => {
    for (const { duration } of entries) if (duration > thresholdMs) longTasks.push(duration)
  }
  const observer = new PerformanceObserver((list) => collect(list.getEntries()))
  observer.observe({ entryTypes: ['longtask'] })
  let isOver = false
  let last = performance.now()
  function onFrame(time: number): void {
    if (isOver) return
    frames.push(time - last)
    last = time
    requestAnimationFrame(onFrame)
  }
  requestAnimationFrame(onFrame)
  window.recorder = {
    stop() {
      isOver = true
      collect(observer.takeRecords())
      observer.disconnect()
      return { frames, longTasks }
    },
  }
}
