import { setTimeout as delay } from 'node:timers/promises'
import { SeamError } from '../seam/errors.ts'
import type { Locks } from './locks.ts'
import type { Run } from './run.ts'
import type { Done } from './saga.ts'

/** Looks for what a lost answer was about come after these parts of the time to settle: it may take a moment to show. */
const looksAfter = [0, 0.05, 0.15]
/** Between looks for what may still come about. */
const pollMs = 250

/** A call that nobody waits for any more may still take effect: to be gone on with later. */
export class TooEarly extends Error {
  override readonly name = 'TooEarly'
}

/**
 * Does one step, or finds that it's done already. Rejects with the `SeamError` for which it isn't done as far as can be seen: then
 * its status is `FAILED` where that's certain, and `STARTED` where it isn't.
 */
export async function takeStep(run: Run, index: number, now: () => number, locks: Locks): Promise<void> {
  const name = run.step(index).lock?.(run.progress.facts)
  const take = () => (run.at(index).status === 'STARTED' ? resume(run, index, now) : begin(run, index, now))
  return name === undefined ? take() : locks.hold(name, take)
}

async function begin(run: Run, index: number, now: () => number): Promise<void> {
  const before = (await run.step(index).before?.(run.progress.facts)) ?? []
  await run.mark(index, { status: 'STARTED', before, sentAt: now() })
  await send(run, index, now)
}

async function resume(run: Run, index: number, now: () => number): Promise<void> {
  const found = await findSettled(run, index)
  await (found === null ? send(run, index, now) : run.complete(index, found))
}

/**
 * Looks whether a step that was started is done, until it can't come about any more. A client that asks again waits for that; whoever
 * only tidies up comes back later: rejects with `TooEarly`.
 */
export async function findSettled(run: Run, index: number): Promise<Done | null> {
  for (;;) {
    const found = await run.find(index)
    if (found !== null || !run.isYoung(index)) return found
    if (run.occasion !== 'again') throw new TooEarly()
    await delay(pollMs)
  }
}

async function send(run: Run, index: number, now: () => number): Promise<void> {
  for (let isRepeated = false; ; isRepeated = true) {
    const done = await sent(run, index)
    if (!(done instanceof SeamError)) return run.complete(index, done)
    if (done.outcome !== 'unknown') {
      await run.mark(index, { status: 'FAILED' })
      throw done
    }
    const found = await lookAround(run, index)
    if (found !== null) return run.complete(index, found)
    // After a timeout it may still come about; after anything else it won't, and is tried once more.
    if (!isRepeated && done.code !== 'TIMEOUT' && done.code !== 'ABORTED') continue
    await run.mark(index, { sentAt: now() })
    throw done
  }
}

async function sent(run: Run, index: number): Promise<Done | SeamError> {
  try {
    return await run.step(index).do(run.progress.facts, run.at(index).before)
  } catch (error) {
    if (error instanceof SeamError) return error
    throw error
  }
}

async function lookAround(run: Run, index: number): Promise<Done | null> {
  for (const part of looksAfter) {
    await delay(part * run.settleMs)
    const found = await run.find(index)
    if (found !== null) return found
  }
  return null
}
