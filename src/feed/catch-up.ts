import { setTimeout as delay } from 'node:timers/promises'
import type { Viewer } from '../auth/viewer.ts'
import { type Journal, JournalUnavailable } from '../journal/journal.ts'
import type { Metrics } from '../metrics.ts'
import type { GapReason } from './batch.ts'
import type { Cursors } from './cursors.ts'
import type { Group, Member } from './group.ts'
import type { Frame, Sink } from './hub.ts'

export type CatchUp = {
  readonly group: Group
  readonly head: Journal['head']
  /** Sharing answers with others, which may be a second old. */
  readonly floor: Journal['floor']
  readonly read: Journal['read']
  /** Up to where this process knows the journal. */
  readonly position: number
  readonly metrics: Pick<Metrics, 'gapGiven' | 'resumed'>
  readonly cursors: Cursors
  readonly viewer: Viewer
  readonly after: string | null
  readonly sink: Sink
}

const pageSize = 500
/** How long to wait before looking again whether a reader that catches up has taken what it was given. */
const waitMs = 20

/**
 * Brings a new subscriber to where its group is, and makes it live there in the same tick: nothing falls between, nothing comes
 * twice. The journal waits for a slow reader here, so nobody is told `TOO_SLOW` before being live.
 */
export async function catchUp(options: CatchUp): Promise<() => void> {
  const { group, sink } = options
  const member: Member = { sink, from: group.told, missed: null, isLive: false }
  group.add(member)
  try {
    const gap = await place(options, member)
    follow(options, member, gap).catch((error: unknown) => group.fail(member, error))
  } catch (error) {
    group.remove(member)
    if (!(error instanceof JournalUnavailable)) throw error
    // Passing: the client is to come back, which it wouldn't after an error of its own operation.
    sink.end('failed')
  }
  return () => group.remove(member)
}

/** Sets the member to where its cursor stands; answers why that can't be, if it can't. */
async function place(options: CatchUp, member: Member): Promise<GapReason | null> {
  const { after, cursors, viewer, position } = options
  if (after === null) return null
  const found = cursors.read(viewer, after)
  if ('gap' in found) return found.gap
  if (found.offset < position && found.offset < (await options.floor())) return 'EXPIRED'
  // Signed by this journal, but beyond its end: it was set back to an older state.
  if (found.offset > position && found.offset > (await options.head())) return 'JOURNAL_REPLACED'
  options.metrics.resumed()
  member.from = found.offset
  return null
}

/** The first frame comes in any case, so that a subscriber has a cursor from the start. */
async function follow(options: CatchUp, member: Member, gap: GapReason | null): Promise<void> {
  const { group, metrics, read } = options
  let isGreeted = false
  let reason = gap
  while (group.has(member)) {
    if (reason !== null) {
      metrics.gapGiven(reason)
      const at = group.told
      await deliver(group, member, await group.blank(at, { reason, missed: null }))
      member.from = at
      isGreeted = true
      reason = null
    } else if (member.from < group.told) {
      const page = await read(member.from, Math.min(pageSize, group.told - member.from))
      const last = page.at(-1)?.offset
      if (last === undefined || page[0]?.offset !== member.from + 1) {
        reason = 'EXPIRED'
        continue
      }
      const frame = await group.frame(page, last)
      if (frame !== null) await deliver(group, member, frame)
      isGreeted ||= frame !== null
      member.from = last
    } else if (!isGreeted) {
      await deliver(group, member, await group.blank(member.from, null))
      isGreeted = true
    } else {
      member.isLive = true
      return
    }
  }
}

async function deliver(group: Group, member: Member, frame: Frame): Promise<void> {
  while (group.has(member) && !member.sink.ready()) await delay(waitMs)
  if (group.has(member)) member.sink.deliver(frame)
}
