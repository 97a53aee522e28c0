import { setTimeout as delay } from 'node:timers/promises'
import type { Entry, Journal, Lease } from '../../journal/journal.ts'
import type { Change, NewChange } from '../../model/change.ts'
import { runUncounted } from '../../observability/operation-cost.ts'
import { andThen, collectAll, type MaybePromise } from '../maybe-promise.ts'

/** Finds the owners of changes. */
export type OwnerResolver = {
  /**
   * Adds the owners of a change (ACS user, entrances, ACS systems) and the access method of its credential before it is appended: from
   * memory, else from Seam. Entrances are requested only if the entrances of the system are in use. Unknown owners stay `null`. Rejects with
   * `SeamError` if Seam fails.
   */
  resolveOwners<C extends NewChange>(change: C): MaybePromise<C>
  /** Adds the owners of a change from memory only. */
  resolveKnownOwners<C extends NewChange>(change: C): C
  /** Whether Seam must be asked for the owners of a change that `resolveKnownOwners` returned. */
  isMissingOwners(change: NewChange): boolean
}

export type RecordOwnersOptions = {
  readonly catalog: OwnerResolver
  /** Time that an append waits for Seam to return the owners of its changes. */
  readonly timeoutMs?: number
  /** Interval at which missing owners are requested again. */
  readonly retryMs?: number
}

export type OwnerRecorder = {
  /** The journal that adds owners to appended changes. */
  readonly journal: Journal
  /** Stops requesting missing owners. */
  close(): void
}

/** Maximum number of changes whose owners are requested again; the oldest beyond that keep unknown owners. */
const maxUnresolved = 10_000
/** Number of changes whose owners are requested together. */
const retryBatchSize = 100

/**
 * Wraps a journal so that it records the owners of changes: the ACS user, the entrances and the ACS systems, as the gateway knows them when
 * a change is appended. Readers filter by the record alone. Owners that are unknown after `timeoutMs` are recorded as unknown; once Seam
 * returns them, an `UPDATED` change without fields reaches the viewers who could not see the first one.
 *
 * Changes of one ACS system keep the order in which they were appended, also if one of them waits for Seam.
 */
export function recordOwners(
  innerJournal: Journal,
  { catalog, timeoutMs = 1_000, retryMs = 5_000 }: RecordOwnersOptions,
): OwnerRecorder {
  const unanswered = new WeakSet<NewChange>()
  let unresolved: readonly Change[] = []
  let isRetrying = false
  let isClosed = false
  /** The newest append of each ACS system that waits for Seam, or for an append before it that does. */
  const waitingAppends = new Map<string, Promise<void>>()
  let lastRequest: Promise<unknown> = Promise.resolve()
  let nextRequest: Promise<void> | null = null

  /** Resolves after Seam has answered the previous requests; all that wait meanwhile are then sent together. */
  function waitForLastRequest(): Promise<void> {
    nextRequest ??= lastRequest.then(() => {
      nextRequest = null
    })
    return nextRequest
  }

  async function requestOwners(change: NewChange): Promise<NewChange> {
    await waitForLastRequest()
    const answer = (async () => catalog.resolveOwners(change))()
    lastRequest = Promise.allSettled([lastRequest, answer])
    return answer
  }

  /** Adds the owners of a change; those from memory only if Seam does not answer within `timeoutMs`. */
  function resolveOwners(change: NewChange): MaybePromise<NewChange> {
    const known = catalog.resolveKnownOwners(change)
    return catalog.isMissingOwners(known) ? resolveFromSeam(known) : known
  }

  async function resolveFromSeam(known: NewChange): Promise<NewChange> {
    const settled = new AbortController()
    const timeout = delay(timeoutMs, known, { signal: settled.signal }).catch(() => known)
    const resolved = await Promise.race([
      runUncounted(() => requestOwners(known)).catch(() => known),
      timeout,
    ])
    settled.abort()
    if (resolved === known) unanswered.add(known)
    return resolved
  }

  function resolveOwnersOfAll(entries: readonly Entry[]): MaybePromise<readonly Entry[]> {
    return collectAll(
      entries.map((entry) =>
        andThen(collectAll(entry.changes.map(resolveOwners)), (changes) => ({ ...entry, changes })),
      ),
    )
  }

  async function appendResolved(entries: readonly Entry[], lease: Lease | undefined) {
    const results = await innerJournal.append(entries, lease)
    for (const [index, { changes }] of results.entries()) {
      const appended = entries[index]?.changes ?? []
      addUnresolved(changes.filter((change, position) => unanswered.has(appended[position] ?? change)))
    }
    return results
  }

  function addUnresolved(changes: readonly Change[]): void {
    if (changes.length === 0) return
    unresolved = [...unresolved, ...changes.filter(isHiddenFromOwner)].slice(-maxUnresolved)
  }

  /** Requests the owners of one batch again. Resolves to whether Seam answered for any; the others are retried later. */
  async function retryBatch(): Promise<boolean> {
    const changes = unresolved.slice(0, retryBatchSize)
    unresolved = unresolved.slice(retryBatchSize)
    const settled = await Promise.allSettled(
      changes.map((change) => runUncounted(() => requestOwners(change))),
    )
    const followUps: Entry[] = []
    const remaining: Change[] = []
    for (const [index, answer] of settled.entries()) {
      const change = changes[index]
      if (change === undefined) continue
      if (answer.status === 'rejected') remaining.push(change)
      else if (!isHiddenFromOwner(answer.value))
        followUps.push(createFollowUp(`${innerJournal.epoch} ${change.offset}`, answer.value))
    }
    addUnresolved(remaining)
    if (followUps.length > 0) await innerJournal.append(followUps).catch(() => addUnresolved(changes))
    return remaining.length < changes.length
  }

  /** Retries all currently unresolved changes, batch by batch, until Seam answers for none of a batch. */
  async function retry(): Promise<void> {
    isRetrying = true
    for (let remaining = unresolved.length; remaining > 0 && !isClosed; remaining -= retryBatchSize) {
      if (!(await retryBatch())) break
    }
    isRetrying = false
  }

  const retrying = setInterval(() => {
    if (unresolved.length > 0 && !isRetrying) void retry()
  }, retryMs)
  retrying.unref()

  const journal: Journal = {
    ...innerJournal,
    append(entries, lease) {
      const orderingKeys = new Set(entries.flatMap(({ changes }) => changes.map(orderingKeyOf)))
      const before = [...orderingKeys].flatMap((id) => waitingAppends.get(id) ?? [])
      const resolved = resolveOwnersOfAll(entries)
      if (before.length === 0 && !(resolved instanceof Promise)) return appendResolved(resolved, lease)
      const ready = Promise.all([resolved, ...before])
      const appended = ready.then(([all]) => appendResolved(all, lease))
      // Resolves after the entries were passed on. An append that follows need not wait until they are durable.
      const passedOn = ready.then(() => {
        for (const id of orderingKeys) if (waitingAppends.get(id) === passedOn) waitingAppends.delete(id)
      })
      for (const id of orderingKeys) waitingAppends.set(id, passedOn)
      return appended
    },
  }
  return {
    journal,
    close() {
      isClosed = true
      clearInterval(retrying)
    },
  }
}

/** Whether only viewers with full access see a change, because its owner is unknown. */
function isHiddenFromOwner({ subject, acsUserId, acsSystemId, acsSystemIds }: NewChange): boolean {
  if (subject === 'CONNECTION') return acsSystemId === null && acsSystemIds === undefined
  return subject === 'CREDENTIAL' && acsUserId === null
}

/** Creates the `UPDATED` change without fields that has the owners of an earlier change. */
function createFollowUp(entryId: string, change: NewChange): Entry {
  const update: NewChange = { ...change, kind: 'UPDATED', seamEventId: null, changedFields: [] }
  return { dedupeKeys: [`owners of ${entryId}`], changes: [update] }
}

function orderingKeyOf({ acsSystemId, connectedAccountId }: NewChange): string {
  return acsSystemId ?? connectedAccountId ?? ''
}
