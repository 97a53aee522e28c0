import type { ExecutionResult } from 'graphql'
import type { GraphContext } from '../../../schema/context.ts'
import type { Viewer } from '../../auth/viewer.ts'
import { responseTtlMs } from '../timings.ts'
import type { PreparedOperation } from './graphql-request.ts'
import { createInputKey } from './input-key.ts'

/** What an execution has read that decides for whom its response can be reused. */
export type ContextReads = {
  /** The name, the id or the end of the viewer's credential: the response is reused for the same credential only. */
  isPersonal: boolean
  /** A PIN: the response is not reused. */
  hasPin: boolean
}

/** Executes an operation. Records in `reads` what it has read. */
type Execution = (reads: ContextReads) => Promise<ExecutionResult>

/** A response: its result, and, unless it has errors, the JSON of `data` in UTF-8. */
export type CachedResponse = { readonly result: ExecutionResult; readonly data: Buffer | null }

/**
 * The responses of recent queries, as bytes. Executing and serialising a large query costs fifty times as much as sending its response, and a
 * dashboard may be open in several tabs.
 *
 * A response, completed or pending, is reused for the same query and variables for `responseTtlMs`, as long as the position of the feed is
 * unchanged: every published change moves it. So only values that depend on the time can be stale, by at most `responseTtlMs`. It is reused
 * for all viewers with the same access scope and scopes, unless it contains something about the viewer's own credential.
 */
export type ResponseCache = {
  /** Returns the key of the responses that viewers of one access scope share; `null` if the response must not be reused. */
  createKey(prepared: PreparedOperation, viewer: Viewer): string | null
  /** Returns a completed response that can be reused. It makes no promise, since most responses to repeated queries come from here. */
  find(key: string | null, viewer: Viewer): CachedResponse | null
  /** Reuses a pending response, or executes the operation and stores its response. Responses with errors are not reused. */
  respond(key: string | null, viewer: Viewer, execute: Execution): Promise<CachedResponse>
  /** Removes everything. Some mutations do not move the feed: user identities have no changes of their own. */
  clear(): void
}

export type ResponseCacheOptions = {
  /** Reads the position of the feed. */
  readonly readPosition: () => number
  readonly onReuse: () => void
}

type Entry = {
  readonly position: number
  readonly expiresAt: number
  /** The credential that the response was created for. */
  readonly credential: string
  readonly pending: Promise<CachedResponse>
  response: CachedResponse | null
  isPersonal: boolean
}

/** Limits of the cache: one response, all responses (bytes), and their number. */
const maxResponseBytes = 4_000_000
const maxBytes = 32_000_000
const maxEntries = 2_000

export function createResponseCache({ readPosition, onReuse }: ResponseCacheOptions): ResponseCache {
  const entries = new Map<string, Entry>()
  const documentNumbers = new WeakMap<object, number>()
  let documentCount = 0
  let bytes = 0
  let isSweepScheduled = false

  function remove(key: string, entry: Entry): void {
    if (entries.get(key) !== entry) return
    entries.delete(key)
    bytes -= entry.response?.data?.length ?? 0
  }

  /** Returns the entry under a key if its data is still current. */
  function findCurrent(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    if (entry.position === readPosition() && performance.now() < entry.expiresAt) return entry
    remove(key, entry)
    return undefined
  }

  /** Returns the entry that a viewer can use. A personal response is stored under the key of its credential. */
  function findUsable(key: string, viewer: Viewer): Entry | undefined {
    const shared = findCurrent(key)
    if (shared === undefined || !shared.isPersonal) return shared
    const credential = serializeCredential(viewer)
    return shared.credential === credential ? shared : findCurrent(createPersonalKey(key, credential))
  }

  function store(key: string, entry: Entry): void {
    entries.set(key, entry)
    for (const [oldestKey, oldest] of entries) {
      if (entries.size <= maxEntries) break
      remove(oldestKey, oldest)
    }
    scheduleSweep()
  }

  /** Removes expired entries after `responseTtlMs`, as long as there are entries. */
  function scheduleSweep(): void {
    if (isSweepScheduled || entries.size === 0) return
    isSweepScheduled = true
    setTimeout(() => {
      isSweepScheduled = false
      for (const key of entries.keys()) findCurrent(key)
      scheduleSweep()
    }, responseTtlMs).unref()
  }

  /** Starts an execution and stores it under `key`, as pending until it ends. */
  function startAndStore(key: string, credential: string, execute: Execution): Promise<CachedResponse> {
    const reads: ContextReads = { isPersonal: false, hasPin: false }
    const position = readPosition()
    const expiresAt = performance.now() + responseTtlMs
    const pending = execute(reads).then(serializeData)
    const entry: Entry = { position, expiresAt, credential, pending, response: null, isPersonal: false }
    store(key, entry)
    function complete(response: CachedResponse | null): void {
      if (entries.get(key) !== entry) return
      const size = response?.data?.length ?? Number.POSITIVE_INFINITY
      if (reads.hasPin || size > maxResponseBytes || bytes + size > maxBytes) {
        entries.delete(key)
        return
      }
      entry.response = response
      entry.isPersonal = reads.isPersonal
      bytes += size
    }
    pending.then(complete, () => complete(null))
    return pending
  }

  return {
    createKey(prepared, viewer) {
      const { operation, params } = prepared
      const inputKey = canReuse(prepared, viewer) ? createInputKey(viewer, params.variables) : null
      if (inputKey === null) return null
      const documentNumber = documentNumbers.get(operation) ?? ++documentCount
      documentNumbers.set(operation, documentNumber)
      return `${documentNumber} ${inputKey}`
    },
    find(key, viewer) {
      const response = key === null ? null : findUsable(key, viewer)?.response
      if (response == null) return null
      onReuse()
      return response
    },
    async respond(key, viewer, execute) {
      const executeAlone = () => execute({ isPersonal: false, hasPin: false }).then(serializeData)
      if (key === null) return executeAlone()
      const credential = serializeCredential(viewer)
      const pending = findUsable(key, viewer)
      if (pending === undefined) {
        // A response under the shared key that is another credential's shows that this one will be personal as well.
        const isTaken = entries.get(key) !== undefined
        return startAndStore(isTaken ? createPersonalKey(key, credential) : key, credential, execute)
      }
      const response = await pending.pending.catch(() => null)
      const isForeign = pending.isPersonal && pending.credential !== credential
      if (response === null || response.data === null || isForeign || pending.response === null)
        return executeAlone()
      onReuse()
      return response
    },
    clear() {
      entries.clear()
      bytes = 0
    },
  }
}

/** Responses of viewers with the scope `admin` contain the cost of their execution. */
function canReuse({ operation }: PreparedOperation, { scopes }: Viewer): boolean {
  return operation.operation === 'query' && !scopes.has('admin')
}

function serializeData(result: ExecutionResult): CachedResponse {
  const isComplete = result.errors === undefined || result.errors.length === 0
  return { result, data: isComplete ? Buffer.from(JSON.stringify(result.data ?? null)) : null }
}

const serializeCredential = ({ name, apiKeyId, expiresAt, isDemo }: Viewer): string =>
  JSON.stringify([name, apiKeyId, expiresAt, isDemo])

const createPersonalKey = (key: string, credential: string): string => `${key} ${credential}`

/** Returns a context that records in `reads` what its resolvers read. */
export function recordReads(context: GraphContext, reads: ContextReads): GraphContext {
  const { viewer, view } = context
  const markPersonal = <T>(read: () => T) => ({
    enumerable: true,
    get(): T {
      reads.isPersonal = true
      return read()
    },
  })
  const recordedViewer: Viewer = Object.create(viewer, {
    name: markPersonal(() => viewer.name),
    apiKeyId: markPersonal(() => viewer.apiKeyId),
    expiresAt: markPersonal(() => viewer.expiresAt),
    isDemo: markPersonal(() => viewer.isDemo),
  })
  const codeOf: typeof view.codeOf = (credential) => {
    reads.hasPin = true
    return view.codeOf(credential)
  }
  return Object.create(context, {
    viewer: { value: recordedViewer },
    view: { value: Object.create(view, { codeOf: { value: codeOf } }) },
    isCredentialValid: markPersonal(() => context.isCredentialValid),
    // A mutation sets the time; queries only read it.
    now: { value: context.now, writable: true },
  })
}
