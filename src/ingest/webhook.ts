import { type Entry, type Journal, JournalUnavailable } from '../journal/journal.ts'
import type { Logger } from '../log.ts'
import { type NewChange, onceKeys } from '../model/change.ts'
import { changesOf, type SeamEvent } from '../model/events.ts'
import type { Secret } from '../model/secret.ts'
import { type Headers, readSignature } from './signature.ts'
import { type Verdict, verify } from './verify.ts'

/** What to answer a webhook's sender: `message` says why, and never what was sent. `retryAfter` is in seconds. */
export type WebhookAnswer = {
  readonly status: 204 | 400 | 401 | 503
  readonly code: string
  readonly message: string
  readonly retryAfter?: number
}

export type WebhookReceiverOptions = {
  readonly journal: Journal
  /** The workspace whose journal this is; events of another one are dropped. */
  readonly workspaceId: string
  /** Several are valid at once while a secret is being exchanged. */
  readonly secrets: () => readonly Secret[]
  /** Fills in whose a change is, as far as that is known at hand. */
  readonly place: (change: NewChange) => NewChange
  readonly log: Logger
}

export type WebhookReceiver = { receive(rawBody: Buffer, headers: Headers): Promise<WebhookAnswer> }

/** An event's changes as an entry: the same event comes once, and so does what somebody else has told of a thing's begin or end. */
export function entryOf(event: SeamEvent, changes: readonly NewChange[]): Entry {
  return { dedupeKeys: [event.event_id, ...onceKeys(changes)], changes }
}

const taken: WebhookAnswer = { status: 204, code: 'TAKEN', message: 'Taken.' }
const retryAfterSeconds = 5

/**
 * Takes Seam's webhooks: verified on the raw bytes, made durable, and only then answered with 204. What would be no other if it came
 * again (a repetition, an event of no use here, a body that is no event) is answered with 204 too, so that Seam doesn't repeat it.
 */
export function createWebhookReceiver(options: WebhookReceiverOptions): WebhookReceiver {
  const { journal, log } = options

  async function keep(event: SeamEvent): Promise<WebhookAnswer> {
    const { event_id: eventId, event_type: type } = event
    if (event.workspace_id !== options.workspaceId) {
      log.warn({ eventId }, 'a webhook of another workspace was dropped')
      return taken
    }
    const changes = changesOf(event, 'WEBHOOK').map(options.place)
    if (changes.length === 0) return taken
    try {
      const [appended] = await journal.append([entryOf(event, changes)])
      log.debug({ eventId, type, isRepeated: appended?.duplicate }, 'webhook taken')
      return taken
    } catch (error) {
      if (!(error instanceof JournalUnavailable)) throw error
      log.error({ err: error, eventId }, 'a webhook could not be kept; Seam will send it again')
      const message = 'The journal is not available. Send it again.'
      return { status: 503, code: error.code, message, retryAfter: retryAfterSeconds }
    }
  }

  return {
    async receive(rawBody, headers) {
      const signature = readSignature(headers)
      if ('problem' in signature) return { status: 400, code: 'BAD_HEADERS', message: signature.problem }
      const verdict = verify(rawBody, signature.headers, options.secrets())
      if (verdict.kind === 'EVENT') return keep(verdict.event)
      if (verdict.kind === 'NO_EVENT') log.warn('a webhook of Seam without an event was dropped')
      if (verdict.kind === 'BAD_SECRET') log.error(answers.BAD_SECRET.message)
      return answers[verdict.kind]
    },
  }
}

const answers: Readonly<Record<Exclude<Verdict['kind'], 'EVENT'>, WebhookAnswer>> = {
  NO_EVENT: taken,
  NO_SECRET: {
    status: 401,
    code: 'NO_SECRET',
    message: 'This gateway has no webhook secret: set PUBLIC_URL or SEAM_WEBHOOK_SECRET.',
  },
  BAD_SECRET: {
    status: 401,
    code: 'BAD_SECRET',
    message:
      "This gateway's webhook secret can't be read. Copy it from Seam again, whole: whsec_ and base64.",
  },
  BAD_SIGNATURE: {
    status: 401,
    code: 'BAD_SIGNATURE',
    message: 'The signature does not fit the body and the secret.',
  },
  STALE: {
    status: 400,
    code: 'STALE',
    message: 'The timestamp is more than 5 minutes off. Check both clocks.',
  },
  BAD_JSON: { status: 400, code: 'BAD_JSON', message: 'The body is not JSON.' },
}
