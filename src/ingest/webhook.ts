import { SeamInvalidWebhookPayloadError, SeamWebhook } from 'seam'
import { type Journal, JournalUnavailable } from '../journal/journal.ts'
import type { Logger } from '../log.ts'
import type { NewChange } from '../model/change.ts'
import { changesOf, type SeamEvent } from '../model/events.ts'
import { type Headers, readSignature } from './signature.ts'

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
  readonly secrets: () => readonly string[]
  /** Fills in whose a change is, as far as that is known at hand. */
  readonly place: (change: NewChange) => NewChange
  readonly log: Logger
}

export type WebhookReceiver = { receive(rawBody: Buffer, headers: Headers): Promise<WebhookAnswer> }

const taken: WebhookAnswer = { status: 204, code: 'TAKEN', message: 'Taken.' }

/** Takes Seam's webhooks: verified on the raw bytes, made durable, and only then answered with 204. */
export function createWebhookReceiver(options: WebhookReceiverOptions): WebhookReceiver {
  const { journal, log } = options

  async function keep(event: SeamEvent): Promise<WebhookAnswer> {
    if (event.workspace_id !== options.workspaceId) {
      log.warn({ eventId: event.event_id }, 'a webhook of another workspace was dropped')
      return taken
    }
    const changes = changesOf(event, 'WEBHOOK').map(options.place)
    if (changes.length === 0) return taken
    try {
      const [appended] = await journal.append([{ dedupeKey: event.event_id, changes }])
      log.debug(
        { eventId: event.event_id, type: event.event_type, isRepeated: appended?.duplicate },
        'webhook taken',
      )
      return taken
    } catch (error) {
      if (!(error instanceof JournalUnavailable)) throw error
      log.error({ err: error }, 'a webhook could not be kept; Seam will send it again')
      return {
        status: 503,
        code: error.code,
        message: 'The journal is not available. Send it again.',
        retryAfter: 5,
      }
    }
  }

  return {
    async receive(rawBody, headers) {
      const signature = readSignature(headers)
      if ('problem' in signature) return { status: 400, code: 'BAD_HEADERS', message: signature.problem }
      const verified = verify(rawBody, signature.headers, options.secrets())
      if (verified === 'nothing') return taken
      if ('status' in verified) return verified
      return keep(verified.event)
    },
  }
}

function verify(
  rawBody: Buffer,
  headers: Record<string, string>,
  secrets: readonly string[],
): { event: SeamEvent } | WebhookAnswer | 'nothing' {
  let refusal: WebhookAnswer = {
    status: 401,
    code: 'NO_SECRET',
    message: 'This gateway has no webhook secret: set PUBLIC_URL or SEAM_WEBHOOK_SECRET.',
  }
  for (const secret of secrets) {
    try {
      return {
        event: new SeamWebhook(secret).verify(rawBody.toString('utf8'), headers) as unknown as SeamEvent,
      }
    } catch (error) {
      // The signature is right, and there's no event in it: nothing would change if it came again.
      if (error instanceof SeamInvalidWebhookPayloadError) return 'nothing'
      refusal = refusalOf(error)
    }
  }
  return refusal
}

/** Seam's verifier throws one class for everything; its few sentences tell apart what happened. */
function refusalOf(error: unknown): WebhookAnswer {
  const message = error instanceof Error ? error.message : ''
  if (/timestamp/i.test(message)) {
    return {
      status: 400,
      code: 'STALE',
      message: 'The timestamp is more than 5 minutes off. Check both clocks.',
    }
  }
  if (error instanceof SyntaxError || /JSON|Unexpected/i.test(message)) {
    return { status: 400, code: 'BAD_JSON', message: 'The body is not JSON.' }
  }
  return {
    status: 401,
    code: 'BAD_SIGNATURE',
    message: 'The signature does not fit the body and the secret.',
  }
}
