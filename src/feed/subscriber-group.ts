import type { Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import type { Change } from '../model/change.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { waitForRoom } from '../runtime/event-loop.ts'
import type { Cursors } from './cursors.ts'
import { createSingleFlight } from './single-flight.ts'
import type { Gap, RenderedBatch, SubscriberSink, SubscriptionOperation } from './subscription.ts'
import { type ChangeSelection, filterVisible, searchVisible } from './visibility-filter.ts'

/**
 * One subscriber of a group. `knownOffset` is the offset up to which it has received everything. Until it is live, it catches up by itself.
 * A subscriber that has left the group is not live any more.
 * `missedCount` is the number of changes that it was too slow for: infinite if it is not known which of them it can see, `null` if none.
 */
export type GroupMember = {
  readonly sink: SubscriberSink
  knownOffset: number
  missedCount: number | null
  isLive: boolean
  /** The missed changes were removed from the journal; the subscriber was not too slow. */
  isExpired?: boolean
}

/**
 * The subscribers of one operation with the same access scope. They share executions and bytes. Without getters: V8 keeps an object whose
 * getters are closures as a hash table, which takes a kilobyte for each group.
 */
export type SubscriberGroup = {
  readonly filter: SubscriptionOperation['filter']
  readonly viewer: Viewer
  /** Returns the offset up to which the live members have received everything. */
  readDeliveredOffset(): number
  countMembers(): number
  /** Returns the number of changes that wait for an execution. */
  countPendingChanges(): number
  /** Whether the group delivers changes. */
  isBusy(): boolean
  /** Whether the group has changes to deliver and waits only for a turn of the event loop. */
  isQueued(): boolean
  /** Delivers the selected ones of these changes. The hub need not call it for changes that the group cannot select. */
  enqueue(changes: readonly Change[]): void
  /** Marks the changes up to an offset as removed: members that have not received them get a gap first. */
  skipTo(upTo: number): void
  /** Renders the changes after an offset, for members that catch up. */
  renderHistory(offset: number): Promise<HistoryBatch>
  /** Renders a frame without changes: a heartbeat or a gap. */
  renderEmpty(offset: number, gap: Gap | null): Promise<RenderedBatch>
  add(member: GroupMember): void
  has(member: GroupMember): boolean
  remove(member: GroupMember): void
  /** Ends the subscription of one member after an internal error. */
  fail(member: GroupMember, error: unknown): void
  sendHeartbeat(): void
  /** Sends a gap to members that were too slow and are ready again. */
  checkSlowMembers(): void
  end(reason: 'shutdown' | 'failed'): void
}

/**
 * A part of the history: its frame, or `null` if the operation selects none of its changes, and the offset up to which it was searched.
 * `isComplete` is `false` if the journal does not contain all of it.
 */
export type HistoryBatch = {
  readonly rendered: RenderedBatch | null
  readonly upTo: number
  readonly isComplete: boolean
}

export type SubscriberGroupOptions = {
  readonly operation: SubscriptionOperation
  readonly journal: Pick<Journal, 'search'>
  readonly viewer: Viewer
  readonly catalog: Pick<Catalog, 'unlockableEntranceIds'>
  readonly cursors: Cursors
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'countGap'>
  /** Reads the position of the hub: every change up to it that the group can select was passed to `enqueue`. */
  readonly readPosition: () => number
  readonly onEmpty: () => void
}

/** Maximum number of changes that wait for execution; above it, the members get a gap. */
const maxPendingChanges = 10_000
/** Default maximum number of changes per execution. */
const defaultMaxChangesPerBatch = 500
/** Fixed cost of an execution, in rows per turn of the event loop. A full batch takes one turn. */
const rowsPerExecution = 100
const rowsPerBatch = 5_000
/** Cost of writing a frame to one subscriber. */
export const rowsPerDelivery = 5
/** Number of subscribers to which a frame is written in one turn. */
const deliveriesPerTurn = 500
/** How long a rendered part of the history is kept for other members that catch up. */
const historyTtlMs = 1_000

export function createSubscriberGroup(options: SubscriberGroupOptions): SubscriberGroup {
  const { operation, viewer, cursors, log } = options
  const members = new Set<GroupMember>()
  const pending: Change[] = []
  let hasDropped = false
  /** End of a gap in the journal of which members have not been informed yet. */
  let holeEnd: number | null = null
  let deliveredOffset = options.readPosition()
  let isRunning = false
  let turnsAwaited = 0
  let isCheckingSlowMembers = false
  const maxBatchSize = operation.maxChangesPerBatch ?? defaultMaxChangesPerBatch
  const sharedHistory = createSingleFlight<HistoryBatch>(historyTtlMs)

  const isIdle = (): boolean => !isRunning && pending.length === 0 && holeEnd === null

  /** Moves the position of an idle group past changes that it does not select. Returns the position. */
  function skipUnselected(upTo: number): number {
    if (isIdle()) deliveredOffset = Math.max(deliveredOffset, upTo)
    return deliveredOffset
  }

  /** Waits for room in a turn of the event loop, since thousands of groups could otherwise work in one turn. */
  async function waitForTurn(rows: number): Promise<void> {
    const turn = waitForRoom(rows)
    if (turn === null) return
    turnsAwaited++
    await turn
    turnsAwaited--
  }

  async function render(changes: readonly Change[], offset: number, gap: Gap | null): Promise<RenderedBatch> {
    await waitForTurn(rowsPerExecution + Math.ceil((rowsPerBatch * changes.length) / maxBatchSize))
    const cursor = cursors.write(viewer, offset)
    return { cursor, body: await operation.render({ cursor, gap, changes }) }
  }

  const selection: ChangeSelection = { filter: operation.filter, viewer }
  async function selectVisible(changes: readonly Change[]): Promise<readonly Change[]> {
    await waitForTurn(changes.length)
    return filterVisible(selection, options.catalog, changes)
  }

  async function renderHistoryAfter(after: number): Promise<HistoryBatch> {
    const range = { after, upTo: skipUnselected(options.readPosition()), limit: maxBatchSize }
    const { changes, isComplete } = await searchVisible(selection, options.catalog, options.journal, range)
    const last = changes.at(-1)
    const upTo = last === undefined || changes.length < maxBatchSize ? range.upTo : last.offset
    return { rendered: last === undefined ? null : await render(changes, upTo, null), upTo, isComplete }
  }

  /** Delivers pending changes, one batch after the other, until none is left. */
  async function deliverPending(): Promise<void> {
    isRunning = true
    try {
      while ((holeEnd !== null || pending.length > 0) && members.size > 0) {
        if (holeEnd !== null) await deliverHole(holeEnd)
        else await deliverChanges(pending.splice(0, maxBatchSize))
      }
    } catch (error) {
      log.error({ err: error }, 'a subscription could not be executed')
      end('failed')
    } finally {
      isRunning = false
    }
  }

  async function deliverChanges(changes: readonly Change[]): Promise<void> {
    const offset = changes.at(-1)?.offset ?? deliveredOffset
    const visible = await selectVisible(changes)
    const rendered = visible.length === 0 ? null : await render(visible, offset, null)
    // The position and the recipients are determined in one tick: a member that becomes live meanwhile has read up to the position already.
    const liveMembers = [...members].filter((member) => member.isLive)
    const aheadMembers = new Set(liveMembers.filter((member) => member.knownOffset > deliveredOffset))
    const hasSkipped = hasDropped
    hasDropped = false
    deliveredOffset = offset
    // It is not known which viewers can see the dropped changes; their number would reveal changes of others.
    if (hasSkipped) for (const member of liveMembers) member.missedCount = Number.POSITIVE_INFINITY
    if (rendered === null) return
    await visitInTurns(liveMembers, (member) => {
      if (!aheadMembers.has(member)) deliverOrCount(member, rendered, visible.length)
    })
    await deliverRemainders(aheadMembers, visible, offset)
  }

  async function deliverHole(upTo: number): Promise<void> {
    const batch = await render([], upTo, { reason: 'EXPIRED', missed: null })
    // Another gap began meanwhile; its gap includes this one.
    if (holeEnd !== upTo) return
    const uninformed = [...members].filter((member) => member.isLive && member.knownOffset < upTo)
    holeEnd = null
    hasDropped = false
    deliveredOffset = upTo
    await visitInTurns(uninformed, (member) => {
      if (member.sink.isReady()) {
        member.missedCount = null
        options.metrics.countGap('EXPIRED')
        member.sink.deliver(batch)
      } else {
        member.missedCount = Number.POSITIVE_INFINITY
        member.isExpired = true
      }
    })
  }

  /** Visits live members in slices of one turn each, except those that have left meanwhile. */
  async function visitInTurns(
    recipients: readonly GroupMember[],
    visit: (member: GroupMember) => void,
  ): Promise<void> {
    for (let start = 0; start < recipients.length; start += deliveriesPerTurn) {
      const slice = recipients.slice(start, start + deliveriesPerTurn)
      await waitForTurn(slice.length * rowsPerDelivery)
      for (const member of slice) if (member.isLive) visit(member)
    }
  }

  function deliverOrCount(member: GroupMember, batch: RenderedBatch, count: number): void {
    if (member.missedCount === null && member.sink.isReady()) member.sink.deliver(batch)
    else member.missedCount = (member.missedCount ?? 0) + count
  }

  /** Members with cursors after this group's position receive only later changes. */
  async function deliverRemainders(
    aheadMembers: ReadonlySet<GroupMember>,
    visible: readonly Change[],
    offset: number,
  ): Promise<void> {
    for (const [from, sameOffset] of Map.groupBy(aheadMembers, (member) => member.knownOffset)) {
      const remainder = visible.filter((change) => change.offset > from)
      if (remainder.length === 0) continue
      const batch = await render(remainder, offset, null)
      await visitInTurns(sameOffset, (member) => deliverOrCount(member, batch, remainder.length))
    }
  }

  async function deliverGap(member: GroupMember): Promise<void> {
    const { missedCount } = member
    if (missedCount === null || isRunning || !member.sink.isReady()) return
    const offset = skipUnselected(options.readPosition())
    const missed = Number.isFinite(missedCount) ? missedCount : null
    const reason = member.isExpired === true ? 'EXPIRED' : 'TOO_SLOW'
    const gap = await render([], offset, { reason, missed })
    // Changes that were delivered meanwhile were also counted as missed; the next check includes them.
    if (!members.has(member) || member.missedCount !== missedCount || deliveredOffset !== offset) return
    member.missedCount = null
    member.isExpired = false
    options.metrics.countGap(reason)
    member.sink.deliver(gap)
  }

  async function checkSlowMembers(): Promise<void> {
    if (isCheckingSlowMembers || !members.values().some((member) => member.missedCount !== null)) return
    isCheckingSlowMembers = true
    try {
      for (const member of members) if (member.missedCount !== null) await deliverGap(member)
    } finally {
      isCheckingSlowMembers = false
    }
  }

  async function sendHeartbeat(): Promise<void> {
    if (isRunning || members.size === 0) return
    const offset = skipUnselected(options.readPosition())
    const batch = await render([], offset, null)
    await visitInTurns([...members], (member) => {
      // A batch that was sent before the heartbeat has moved the cursor already.
      if (deliveredOffset !== offset || member.knownOffset > offset || member.missedCount !== null) return
      if (member.sink.isReady()) member.sink.deliver(batch)
    })
  }

  function end(reason: 'shutdown' | 'failed'): void {
    const leaving = [...members]
    members.clear()
    options.onEmpty()
    for (const member of leaving) member.isLive = false
    for (const member of leaving) member.sink.end(reason)
  }

  function remove(member: GroupMember): void {
    member.isLive = false
    if (members.delete(member) && members.size === 0) options.onEmpty()
  }

  function logFailure(error: unknown): void {
    log.error({ err: error }, 'a heartbeat or gap could not be executed')
  }

  return {
    filter: operation.filter,
    viewer,
    readDeliveredOffset: () => skipUnselected(options.readPosition()),
    countMembers: () => members.size,
    countPendingChanges: () => pending.length,
    isBusy: () => isRunning,
    isQueued: () => isRunning && turnsAwaited > 0,
    enqueue(changes) {
      const [first] = changes
      if (first !== undefined) skipUnselected(first.offset - 1)
      if (pending.length + changes.length > maxPendingChanges && pending.splice(0).length > 0)
        hasDropped = true
      pending.push(...changes)
      if (!isRunning) void deliverPending()
    },
    skipTo(upTo) {
      // Pending changes are older than the gap, which includes them.
      pending.splice(0)
      holeEnd = upTo
      if (!isRunning) void deliverPending()
    },
    renderHistory: (offset) => sharedHistory(`${offset}`, () => renderHistoryAfter(offset)),
    renderEmpty: (offset, gap) => render([], offset, gap),
    add: (member) => void members.add(member),
    has: (member) => members.has(member),
    remove,
    fail(member, error) {
      log.error({ err: error }, 'a subscriber could not be brought up to date')
      remove(member)
      member.sink.end('failed')
    },
    sendHeartbeat: () => void sendHeartbeat().catch(logFailure),
    checkSlowMembers: () => void checkSlowMembers().catch(logFailure),
    end,
  }
}
