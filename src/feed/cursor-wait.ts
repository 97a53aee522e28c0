import type { Viewer } from '../auth/viewer.ts'
import type { Cursors } from './cursors.ts'
import type { SubscriptionHub } from './subscription-hub.ts'

/** This replica did not reach the requested cursor in time, or cannot reach it. */
export class CursorNotReached extends Error {
  override readonly name = 'CursorNotReached'
  readonly code: 'NOT_CAUGHT_UP' | 'JOURNAL_REPLACED'

  constructor(code: 'NOT_CAUGHT_UP' | 'JOURNAL_REPLACED') {
    super(
      code === 'NOT_CAUGHT_UP'
        ? 'This replica does not include the changes up to this cursor yet. Send the request again.'
        : 'This cursor belongs to another change journal. Omit it and fetch the displayed data again.',
    )
    this.code = code
  }
}

/**
 * Waits until this process includes everything up to a cursor that another replica issued, so that the two replicas do not contradict each
 * other. Bounded. Throws `CursorNotReached`, or `InvalidCursor` for a cursor that no replica issued.
 */
export function createCursorWait(options: { cursors: Cursors; hub: SubscriptionHub; timeoutMs?: number }) {
  const { cursors, hub, timeoutMs = 2_000 } = options

  /** Returns `null` for a cursor that needs no waiting. */
  function offsetOf(viewer: Viewer, cursor: string): number | null {
    const position = cursors.read(viewer, cursor)
    if ('offset' in position) return position.offset
    if (position.gap === 'JOURNAL_REPLACED') throw new CursorNotReached('JOURNAL_REPLACED')
    return null
  }

  return async (viewer: Viewer, cursor: string): Promise<void> => {
    const offset = offsetOf(viewer, cursor)
    if (offset === null) return
    if (!(await hub.waitForOffset(offset, timeoutMs))) throw new CursorNotReached('NOT_CAUGHT_UP')
    // The history of a cursor is known as soon as its offset is known.
    offsetOf(viewer, cursor)
  }
}
