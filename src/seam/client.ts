import type { SeamEvent } from '../model/events.ts'
import { type CallerOptions, type CallOptions, createCaller } from './call.ts'
import { type EventRange, listEvents } from './events.ts'
import { createReads, type SeamReads } from './reads.ts'
import { createWebhooks, type SeamWebhooks } from './webhooks.ts'

/** Everything the gateway asks of Seam, in our types. Every method throws `SeamError` and nothing else. */
export type SeamClient = SeamReads &
  SeamWebhooks & {
    /** All events since a time, in order of creation. */
    listEvents(range: EventRange, options?: CallOptions): Promise<SeamEvent[]>
    /** Calls that run and calls that wait. */
    readonly load: { readonly running: number; readonly waiting: number; readonly limit: number }
  }

/** A client for one workspace: the one its API key belongs to. */
export function createSeamClient(options: CallerOptions): SeamClient {
  const caller = createCaller(options)
  return {
    ...createReads(caller),
    ...createWebhooks(caller),
    listEvents: (range, callOptions) => listEvents(caller, range, callOptions),
    get load() {
      const { running, waiting, limit } = caller.limiter
      return { running, waiting, limit }
    },
  }
}
