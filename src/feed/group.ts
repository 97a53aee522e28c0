import type { Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Change } from '../model/change.ts'
import type { Gap } from './batch.ts'
import type { Cursors } from './cursors.ts'
import type { Frame, Operation, Sink } from './hub.ts'
import { type Selection, select } from './select.ts'
import { shareRuns } from './shared.ts'

/**
 * One subscriber of a group. `from` is the offset up to which it knows everything. Until it's live it catches up by itself.
 * `missed` counts what it was too slow for: infinite where nobody has looked which of it was its own, `null` while it keeps up.
 */
export type Member = { readonly sink: Sink; from: number; missed: number | null; isLive: boolean }

/** The subscribers of one operation with the same sight: they share its executions and its bytes. */
export type Group = {
  /** Everything up to this offset has been given to the live members. */
  readonly told: number
  readonly size: number
  /** Changes that wait for an execution. */
  readonly pending: number
  push(changes: readonly Change[]): void
  /** The frame of some changes, the last of which stands at `offset`; `null` when the operation wants none of them. */
  frame(changes: readonly Change[], offset: number): Promise<Frame | null>
  /** A frame without changes: a heartbeat, or a gap. */
  blank(offset: number, gap: Gap | null): Promise<Frame>
  add(member: Member): void
  has(member: Member): boolean
  remove(member: Member): void
  /** Sends one member away because of an error of ours. */
  fail(member: Member, error: unknown): void
  beat(): void
  /** Tells members that were too slow, and have caught their breath, what they missed. */
  recheck(): void
  end(reason: 'shutdown' | 'failed'): void
}

export type GroupOptions = {
  readonly operation: Operation
  readonly viewer: Viewer
  readonly catalog: Catalog
  readonly cursors: Cursors
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'gapGiven'>
  readonly position: number
  readonly onEmpty: () => void
}

/** Changes that may wait for one execution; past them the members are told that they missed some. */
const pendingAtMost = 10_000
/** Changes that one execution takes. */
const batchAtMost = 500
/** How long a batch of the past is kept for others who catch up at the same time. */
const sharedMs = 1_000

export function createGroup(options: GroupOptions): Group {
  const { operation, viewer, cursors, log } = options
  const members = new Set<Member>()
  const pending: Change[] = []
  let hasDropped = false
  let told = options.position
  let isRunning = false
  const frames = shareRuns<Frame | null>(sharedMs)

  async function render(changes: readonly Change[], offset: number, gap: Gap | null): Promise<Frame> {
    const cursor = cursors.write(viewer, offset)
    return { cursor, body: await operation.render({ cursor, gap, changes }) }
  }

  const selection: Selection = { ...operation, viewer }
  const wanted = (changes: readonly Change[]): Promise<readonly Change[]> =>
    select(selection, options.catalog, changes)

  async function frameOf(changes: readonly Change[], offset: number): Promise<Frame | null> {
    const mine = await wanted(changes)
    return mine.length === 0 ? null : render(mine, offset, null)
  }

  /** Delivers what is pending, one batch after the other, until nothing is. */
  async function run(): Promise<void> {
    isRunning = true
    try {
      while (pending.length > 0 && members.size > 0) await tell(pending.splice(0, batchAtMost))
    } catch (error) {
      log.error({ err: error }, 'a subscription could not be executed')
      end('failed')
    } finally {
      isRunning = false
    }
  }

  async function tell(changes: readonly Change[]): Promise<void> {
    const offset = changes.at(-1)?.offset ?? told
    const mine = await wanted(changes)
    const shared = mine.length === 0 ? null : await render(mine, offset, null)
    // `told`, and who is given what, are settled in one tick: whoever becomes live meanwhile has read up to `told` already.
    const live = [...members].filter((member) => member.isLive)
    const ahead = live.filter((member) => member.from > told)
    const hasSkipped = hasDropped
    hasDropped = false
    told = offset
    for (const member of live) {
      // Whose the dropped ones were isn't known: their number would tell of others' things.
      if (hasSkipped) member.missed = Number.POSITIVE_INFINITY
      if (shared !== null && !ahead.includes(member)) give(member, shared, mine.length)
    }
    for (const member of ahead) await giveRest(member, mine, offset)
  }

  function give(member: Member, frame: Frame, count: number): void {
    if (member.missed === null && member.sink.ready()) member.sink.deliver(frame)
    else member.missed = (member.missed ?? 0) + count
  }

  /** A member whose cursor was ahead of this group gets only what comes after it. */
  async function giveRest(member: Member, mine: readonly Change[], offset: number): Promise<void> {
    const rest = mine.filter((change) => change.offset > member.from)
    if (rest.length > 0) give(member, await render(rest, offset, null), rest.length)
  }

  async function tellGap(member: Member): Promise<void> {
    const { missed } = member
    if (missed === null || isRunning || !member.sink.ready()) return
    const offset = told
    const known = Number.isFinite(missed) ? missed : null
    const gap = await render([], offset, { reason: 'TOO_SLOW', missed: known })
    // Changes told meanwhile were counted as missed, too: the next look takes them along.
    if (!members.has(member) || member.missed !== missed || told !== offset) return
    member.missed = null
    options.metrics.gapGiven('TOO_SLOW')
    member.sink.deliver(gap)
  }

  async function beat(): Promise<void> {
    if (isRunning || members.size === 0) return
    const offset = told
    const frame = await render([], offset, null)
    // A batch that overtook the heartbeat has moved the cursor already.
    if (told !== offset) return
    for (const member of members) {
      if (member.isLive && member.from <= offset && member.missed === null && member.sink.ready()) {
        member.sink.deliver(frame)
      }
    }
  }

  function end(reason: 'shutdown' | 'failed'): void {
    const leaving = [...members]
    members.clear()
    options.onEmpty()
    for (const member of leaving) member.sink.end(reason)
  }

  function remove(member: Member): void {
    if (members.delete(member) && members.size === 0) options.onEmpty()
  }

  function report(error: unknown): void {
    log.error({ err: error }, 'a heartbeat or gap could not be executed')
  }

  return {
    get told() {
      return told
    },
    get size() {
      return members.size
    },
    push(changes) {
      if (pending.length + changes.length > pendingAtMost && pending.splice(0).length > 0) hasDropped = true
      pending.push(...changes)
      if (!isRunning) void run()
    },
    get pending() {
      return pending.length
    },
    frame: (changes, offset) => frames(`${changes[0]?.offset}-${offset}`, () => frameOf(changes, offset)),
    blank: (offset, gap) => render([], offset, gap),
    add: (member) => void members.add(member),
    has: (member) => members.has(member),
    remove,
    fail(member, error) {
      log.error({ err: error }, 'a subscriber could not be brought up to date')
      remove(member)
      member.sink.end('failed')
    },
    beat: () => void beat().catch(report),
    recheck() {
      for (const member of members) if (member.missed !== null) tellGap(member).catch(report)
    },
    end,
  }
}
