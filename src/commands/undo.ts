import type { Logger } from '../log.ts'
import { SeamError } from '../seam/errors.ts'
import { findSettled, TooEarly } from './forward.ts'
import { isRefusal } from './refusal.ts'
import type { Run } from './run.ts'

/**
 * Takes back what was done, the last first. True once nothing is left to take back; false where something may still come about, to be
 * looked at later. Rejects with `SeamError` where Seam can't be asked. What Seam refuses to take back stays, and says so.
 */
export async function undo(run: Run, log: Pick<Logger, 'error'>): Promise<boolean> {
  let isOver = true
  for (let index = run.steps.length - 1; index >= 0; index--) {
    if (run.at(index).status === 'STARTED') isOver = (await settle(run, index)) && isOver
    if (run.at(index).status === 'DONE') await takeBack(run, index, log)
  }
  return isOver
}

/** Finds out whether a step that was started is done; false while that can't be known. */
async function settle(run: Run, index: number): Promise<boolean> {
  try {
    const found = await findSettled(run, index)
    await (found === null ? run.mark(index, { status: 'FAILED' }) : run.complete(index, found))
    return true
  } catch (error) {
    if (error instanceof TooEarly) return false
    throw error
  }
}

async function takeBack(run: Run, index: number, log: Pick<Logger, 'error'>): Promise<void> {
  const { name, undo: back } = run.step(index)
  if (back === undefined) return
  try {
    await run.takenBack(index, await back(run.progress.facts))
  } catch (error) {
    if (!(error instanceof SeamError && isRefusal(error))) throw error
    log.error({ err: error, command: run.progress.id, step: name }, 'a step could not be undone')
    await run.mark(index, { message: `It could not be undone: ${error.message}` })
  }
}
