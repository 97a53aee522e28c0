import type { SeamEvent } from '../model/events.ts'
import { type CallerOptions, type CallOptions, createCaller } from './call.ts'
import { type EventRange, listEvents } from './events.ts'
import { createReads, type SeamReads } from './reads.ts'
import { createWebhooks, type SeamWebhooks } from './webhooks.ts'
import { createWrites, type SeamWrites } from './writes.ts'

/** Everything the gateway asks of Seam, in our types. Every method rejects with `SeamError` and nothing else. */
export type SeamClient = SeamReads &
  SeamWrites &
  SeamWebhooks & {
    /** All events of a time, in order of creation, to the last one. */
    listEvents(range: EventRange, options?: CallOptions): Promise<SeamEvent[]>
    /** Calls that run and calls that wait, and how many may run at once now. */
    readonly load: { readonly running: number; readonly waiting: number; readonly limit: number }
    /** Closes the connections, with what runs on them. Idle ones don't keep the process. */
    close(): void
  }

/** A client for one workspace: the one its API key belongs to. Throws `SeamError` for a key that is no API key. */
export function createSeamClient(options: CallerOptions): SeamClient {
  const caller = createCaller(options)
  return {
    ...createReads(caller),
    ...createWrites(caller),
    ...createWebhooks(caller),
    listEvents: (range, callOptions) => listEvents(caller, range, callOptions),
    get load() {
      const { running, waiting, limit } = caller.limiter
      return { running, waiting, limit }
    },
    close: caller.close,
  }
}
