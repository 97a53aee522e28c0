import { setTimeout as delay } from 'node:timers/promises'
import type { Viewer } from '../auth/viewer.ts'
import { type Journal, JournalUnavailable } from '../journal/journal.ts'
import type { Metrics } from '../observability/metrics.ts'
import { waitForRoom } from '../runtime/event-loop.ts'
import type { Cursors } from './cursors.ts'
import { type GroupMember, rowsPerDelivery, type SubscriberGroup } from './subscriber-group.ts'
import type { GapReason, RenderedBatch, SubscriberSink } from './subscription.ts'

export type CatchUpOptions = {
  readonly group: SubscriberGroup
  readonly readHead: Journal['readHead']
  /** Shared with other callers; the result can be a second old. */
  readonly readFloor: Journal['readFloor']
  /** Newest offset that this process has read from the journal. */
  readonly position: number
  readonly metrics: Pick<Metrics, 'countGap' | 'countResume'>
  readonly cursors: Cursors
  readonly viewer: Viewer
  /** Cursors of the subscriber; the newest one is used. */
  readonly afterCursors: readonly string[]
  readonly sink: SubscriberSink
}

/** Interval at which a slow reader is checked while it catches up. */
const readyPollMs = 20

/**
 * Delivers the journal to a new subscriber up to the position of its group, and makes it live in the same tick, so that no change is missing
 * or repeated. Reading waits for a slow reader, so a subscriber gets no `TOO_SLOW` gap before it is live.
 */
export async function catchUp(options: CatchUpOptions): Promise<() => void> {
  const { group, sink } = options
  const member: GroupMember = {
    sink,
    knownOffset: group.readDeliveredOffset(),
    missedCount: null,
    isLive: false,
  }
  group.add(member)
  try {
    const gap = await moveToCursor(options, member)
    deliverUntilLive(options, member, gap).catch((error: unknown) => group.fail(member, error))
  } catch (error) {
    group.remove(member)
    if (!(error instanceof JournalUnavailable)) throw error
    // Temporary: the client should reconnect, which it would not do after an error of its operation.
    sink.end('failed')
  }
  return () => group.remove(member)
}

/** Sets the member's position to its cursor. Returns the reason for a gap if that is impossible. */
async function moveToCursor(options: CatchUpOptions, member: GroupMember): Promise<GapReason | null> {
  const { afterCursors, cursors, viewer, position } = options
  const found = cursors.newest(viewer, afterCursors)
  if (found === null) return null
  if ('gap' in found) return found.gap
  if (found.offset < position && found.offset < (await options.readFloor())) return 'EXPIRED'
  // Signed by this journal, but after its end: the journal returned to an older state.
  if (found.offset > position && found.offset > (await options.readHead())) return 'JOURNAL_REPLACED'
  // The history of a cursor is known as soon as its offset is known.
  const known = cursors.newest(viewer, afterCursors) ?? found
  if ('gap' in known) return known.gap
  options.metrics.countResume()
  member.knownOffset = known.offset
  return null
}

/** The first frame is always sent, so that the subscriber has a cursor from the start. */
async function deliverUntilLive(
  options: CatchUpOptions,
  member: GroupMember,
  gap: GapReason | null,
): Promise<void> {
  const { group, metrics } = options
  let hasFirstBatch = false
  let reason = gap
  while (group.has(member)) {
    if (reason !== null) {
      metrics.countGap(reason)
      const offset = group.readDeliveredOffset()
      await deliverWhenReady(group, member, await group.renderEmpty(offset, { reason, missed: null }))
      member.knownOffset = offset
      hasFirstBatch = true
      reason = null
    } else if (member.knownOffset < group.readDeliveredOffset()) {
      const { rendered, upTo, isComplete } = await group.renderHistory(member.knownOffset)
      if (!isComplete) {
        reason = 'EXPIRED'
        continue
      }
      if (rendered !== null) await deliverWhenReady(group, member, rendered)
      hasFirstBatch ||= rendered !== null
      member.knownOffset = upTo
    } else if (!hasFirstBatch) {
      await deliverWhenReady(group, member, await group.renderEmpty(member.knownOffset, null))
      hasFirstBatch = true
    } else {
      member.isLive = true
      return
    }
  }
}

async function deliverWhenReady(
  group: SubscriberGroup,
  member: GroupMember,
  rendered: RenderedBatch,
): Promise<void> {
  // Thousands of members can have waited for the same frame.
  await waitForRoom(rowsPerDelivery)
  while (group.has(member) && !member.sink.isReady()) await delay(readyPollMs)
  if (group.has(member)) member.sink.deliver(rendered)
}
