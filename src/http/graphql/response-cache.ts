import type { ExecutionResult } from 'graphql'
import type { GraphContext } from '../../../schema/context.ts'
import type { Viewer } from '../../auth/viewer.ts'
import type { CatalogView } from '../../catalog/view.ts'
import { isBefore } from '../../model/time.ts'
import { responseTtlMs, volatileResponseTtlMs } from '../timings.ts'
import type { PreparedOperation } from './graphql-request.ts'
import { createInputKey } from './input-key.ts'

/** What an execution has read that decides for whom and for how long its response can be reused. */
export type ContextReads = {
  /** The name, the id or the end of the viewer's credential: the response is reused for the same credential only. */
  isPersonal: boolean
  /** A PIN: the response is not reused. */
  hasPin: boolean
  /** Something that can change without a change in the feed: the time, the journal's records, the state of the gateway. */
  isVolatile: boolean
  /** Time in ms, from the time of the request, until the first status that was read changes. */
  statusChangesInMs: number
}

const createReads = (): ContextReads => ({
  isPersonal: false,
  hasPin: false,
  isVolatile: false,
  statusChangesInMs: Number.POSITIVE_INFINITY,
})

/** Executes an operation. Records in `reads` what it has read. */
type Execution = (reads: ContextReads) => Promise<ExecutionResult>

/** A response: its result, and, unless it has errors, the JSON of `data` in UTF-8. */
export type CachedResponse = { readonly result: ExecutionResult; readonly data: Buffer | null }

/**
 * The responses of recent queries, as bytes. Executing and serialising a large query costs fifty times as much as sending its response, and a
 * dashboard may be open in several tabs.
 *
 * A response, completed or pending, is reused for the same query and variables as long as the position of the feed is unchanged: every
 * published change moves it. It is reused for `responseTtlMs` at most, and not after a status in it changes. A response that read something
 * else that can change without the feed is reused for `volatileResponseTtlMs`. Both limits also bound how late cached data is loaded again.
 * It is reused for all viewers with the same access scope and scopes, unless it contains something about the viewer's own credential.
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
  /** Time on the monotonic clock. A pending response has the short lifetime, since it is not known yet what it reads. */
  expiresAt: number
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

  /** Removes expired entries from time to time, as long as there are entries. */
  function scheduleSweep(): void {
    if (isSweepScheduled || entries.size === 0) return
    isSweepScheduled = true
    setTimeout(() => {
      isSweepScheduled = false
      for (const key of entries.keys()) findCurrent(key)
      scheduleSweep()
    }, volatileResponseTtlMs).unref()
  }

  /** Starts an execution and stores it under `key`, as pending until it ends. */
  function startAndStore(key: string, credential: string, execute: Execution): Promise<CachedResponse> {
    const reads = createReads()
    const position = readPosition()
    const startedAt = performance.now()
    const expiresAt = startedAt + volatileResponseTtlMs
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
      const ttlMs = reads.isVolatile ? volatileResponseTtlMs : responseTtlMs
      entry.expiresAt = startedAt + Math.min(ttlMs, reads.statusChangesInMs)
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
      const executeAlone = () => execute(createReads()).then(serializeData)
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

/** The properties of a context through which something is read that can change without the feed. The others are recorded one by one. */
const volatileProperties: Record<
  Exclude<keyof GraphContext, 'viewer' | 'view' | 'cursor' | 'now' | 'statusOf' | 'isCredentialValid'>,
  true
> = {
  onProgress: true,
  changeLog: true,
  commands: true,
  webhooks: true,
  auditTrail: true,
  apiKeys: true,
  readGatewayStatus: true,
  clientSessionMaxMs: true,
}

/** Returns a context that records in `reads` what its resolvers read. */
export function recordReads(context: GraphContext, reads: ContextReads): GraphContext {
  const { viewer, view } = context
  const record = <T>(read: () => T, mark: 'isPersonal' | 'isVolatile' | 'hasPin') => ({
    enumerable: true,
    configurable: true,
    get(): T {
      reads[mark] = true
      return read()
    },
  })
  const recordedViewer: Viewer = Object.create(viewer, {
    name: record(() => viewer.name, 'isPersonal'),
    apiKeyId: record(() => viewer.apiKeyId, 'isPersonal'),
    expiresAt: record(() => viewer.expiresAt, 'isPersonal'),
    isDemo: record(() => viewer.isDemo, 'isPersonal'),
  })
  const recordedView: CatalogView = Object.create(view, {
    codeOf: record(() => view.codeOf, 'hasPin'),
    // The age of the data, and Connect Webviews, have no changes in the feed.
    syncState: record(() => view.syncState, 'isVolatile'),
    webview: record(() => view.webview, 'isVolatile'),
  })
  let firstStatusChange: string | null = null
  const recordTime = (time: string | null): void => {
    if (time === null || !isBefore(context.now, time)) return
    if (firstStatusChange !== null && !isBefore(time, firstStatusChange)) return
    firstStatusChange = time
    reads.statusChangesInMs = Date.parse(time) - Date.parse(context.now)
  }
  const statusOf: GraphContext['statusOf'] = (credential) => {
    recordTime(credential.startsAt)
    recordTime(credential.endsAt)
    return context.statusOf(credential)
  }
  const recorded: GraphContext = Object.create(context, {
    viewer: { value: recordedViewer },
    view: { value: recordedView },
    statusOf: { value: statusOf },
    isCredentialValid: record(() => context.isCredentialValid, 'isPersonal'),
    now: {
      ...record(() => context.now, 'isVolatile'),
      // A mutation sets the time; queries only read it.
      set(now: string) {
        context.now = now
      },
    },
  })
  for (const name of Object.keys(volatileProperties) as (keyof typeof volatileProperties)[])
    Object.defineProperty(
      recorded,
      name,
      record(() => context[name], 'isVolatile'),
    )
  return recorded
}
