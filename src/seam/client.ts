import type { SeamEvent } from '../model/seam-events.ts'
import { type CallOptions, createSeamCaller, type SeamCallerOptions } from './calls/seam-caller.ts'
import { type EventRange, listEvents } from './objects/seam-event-list.ts'
import { createSeamReads, type SeamReads } from './objects/seam-reads.ts'
import { createSeamWebhooks, type SeamWebhooks } from './objects/seam-webhooks.ts'
import { createSeamWrites, type SeamWrites } from './objects/seam-writes.ts'

/** Typed client for the parts of Seam's API that the gateway uses. Every method rejects only with `SeamError`. */
export type SeamClient = SeamReads &
  SeamWrites &
  SeamWebhooks & {
    /** Returns all events of a time range in order of creation. */
    listEvents(range: EventRange, options?: CallOptions): Promise<SeamEvent[]>
    /** Number of running and waiting calls, and the current concurrency limit. */
    readonly load: { readonly running: number; readonly waiting: number; readonly limit: number }
    /** Offset of this machine's clock from Seam's in ms, accurate to about 1 s; positive if ahead, `null` before the first response. */
    readonly clockAheadMs: number | null
    /** Closes all connections and aborts the requests on them. Idle connections do not keep the process alive. */
    close(): void
  }

/** A client for one workspace: the one its API key belongs to. Throws `SeamError` for a key that is no API key. */
export function createSeamClient(options: SeamCallerOptions): SeamClient {
  const caller = createSeamCaller(options)
  return {
    ...createSeamReads(caller),
    ...createSeamWrites(caller),
    ...createSeamWebhooks(caller),
    listEvents: (range, callOptions) => listEvents(caller, range, callOptions),
    get load() {
      const { running, waiting, limit } = caller.limiter
      return { running, waiting, limit }
    },
    get clockAheadMs() {
      return caller.clockAheadMs
    },
    close: caller.close,
  }
}
