import type { Viewer } from '../auth/viewer.ts'
import type { Cursors } from './cursors.ts'
import type { Hub } from './hub.ts'

/** This replica could not get as far as it was asked to, in time or at all. */
export class NotCaughtUp extends Error {
  override readonly name = 'NotCaughtUp'
  readonly code: 'NOT_CAUGHT_UP' | 'JOURNAL_REPLACED'

  constructor(code: 'NOT_CAUGHT_UP' | 'JOURNAL_REPLACED') {
    super(
      code === 'NOT_CAUGHT_UP'
        ? 'This replica has not reached that cursor yet. Ask again in a moment.'
        : 'This cursor is of another journal. Leave it away, and fetch what you show anew.',
    )
    this.code = code
  }
}

/**
 * Waits until this process knows everything up to a cursor that was given elsewhere: what another replica told its client, this one
 * must not contradict. Bounded; throws `NotCaughtUp`, or `BadCursor` for a cursor nobody wrote.
 */
export function createCatchUp(options: { cursors: Cursors; hub: Hub; waitMs?: number }) {
  const { cursors, hub, waitMs = 2_000 } = options
  return async (viewer: Viewer, cursor: string): Promise<void> => {
    const place = cursors.read(viewer, cursor)
    if ('gap' in place) {
      if (place.gap === 'JOURNAL_REPLACED') throw new NotCaughtUp('JOURNAL_REPLACED')
      return
    }
    if (!(await hub.reached(place.offset, waitMs))) throw new NotCaughtUp('NOT_CAUGHT_UP')
  }
}
