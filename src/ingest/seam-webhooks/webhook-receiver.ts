import { type Entry, type Journal, JournalUnavailable } from '../../journal/journal.ts'
import { lifecycleDedupeKeys, type NewChange, reportedStateOf } from '../../model/change.ts'
import { changesOfEvent, isOfWorkspace, type SeamEvent } from '../../model/seam-events.ts'
import type { Secret } from '../../model/secret.ts'
import type { Logger } from '../../observability/logger.ts'
import { createRefusedWebhooks, type RefusalReason } from './refused-webhooks.ts'
import { type RequestHeaders, readSignatureHeaders, type WebhookSignature } from './signature-headers.ts'
import { type VerificationResult, verifyWebhook } from './verify-webhook.ts'
import { probeCode, probeType } from './webhook-probe.ts'

/** Response to the sender of a webhook. `message` gives the reason and never contains received data. `retryAfter` is in seconds. */
export type WebhookResponse = {
  /** 200 is the response to a probe. */
  readonly status: 200 | 204 | 400 | 401 | 503
  readonly code: string
  readonly message: string
  readonly retryAfter?: number
}

export type WebhookReceiverOptions = {
  /** The journal, which adds the owners of changes itself. */
  readonly journal: Journal
  /** Workspace of the journal. Events of another workspace are counted and dropped. */
  readonly workspaceId: string
  /** Returns all valid secrets; there are several during a rotation. */
  readonly secrets: () => readonly Secret[]
  /** Reloads the secrets after a possible rotation by another process. Resolves to whether they may have changed. */
  readonly reloadSecrets?: () => Promise<boolean>
  readonly log: Logger
  readonly now?: () => number
}

export type WebhookReceiver = {
  receive(rawBody: Buffer, headers: RequestHeaders): Promise<WebhookResponse>
  /** Number of refused webhooks, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>
}

/** Converts an event's changes to a journal entry. Its dedupe keys skip a repeated event, and a creation or deletion published by another source. */
export function entryOfEvent(event: SeamEvent, changes: readonly NewChange[]): Entry {
  const state = changes.map(reportedStateOf).find((each) => each !== null)
  const occurredAtMs = Math.max(...changes.map(({ occurredAt }) => Date.parse(occurredAt)))
  return {
    dedupeKeys: [event.event_id, ...lifecycleDedupeKeys(changes)],
    changes,
    ...(state && { state: { ...state, isRead: false, at: occurredAtMs } }),
  }
}

const accepted: WebhookResponse = { status: 204, code: 'TAKEN', message: 'Taken.' }
const retryAfterSeconds = 5

/**
 * Receives Seam's webhooks: verifies the raw body, stores the event durably, and only then responds with 204. Also responds with 204 if a
 * retry would not change the result (a duplicate, an irrelevant event, a body without an event), so that Seam does not send it again.
 */
export function createWebhookReceiver(options: WebhookReceiverOptions): WebhookReceiver {
  const { journal, log, now = Date.now } = options
  const refusals = createRefusedWebhooks(journal, log, now)

  async function appendEvent(event: SeamEvent): Promise<WebhookResponse> {
    const { event_id: eventId, event_type: type } = event
    const { workspaceId } = options
    if (!isOfWorkspace(event, workspaceId)) {
      const context = { eventId, eventWorkspaceId: event.workspace_id, workspaceId }
      refusals.recordRefusal('workspace', refusalDetails.workspace, context)
      return accepted
    }
    refusals.recordAccepted()
    const changes = changesOfEvent(event, 'WEBHOOK')
    if (changes.length === 0) return accepted
    try {
      const [appended] = await journal.append([entryOfEvent(event, changes)])
      log.debug({ eventId, type, isRepeated: appended?.isDuplicate }, 'webhook accepted')
      return accepted
    } catch (error) {
      if (!(error instanceof JournalUnavailable)) throw error
      log.error(
        { err: error, eventId },
        'a webhook could not be stored in the journal; Seam will send it again',
      )
      const message = 'The journal is not available. Send it again.'
      return { status: 503, code: error.code, message, retryAfter: retryAfterSeconds }
    }
  }

  async function verifyWithReload(rawBody: Buffer, signature: WebhookSignature): Promise<VerificationResult> {
    const result = verifyWebhook(rawBody, signature, options.secrets())
    if (!isSecretProblem(result) || !(await options.reloadSecrets?.())) return result
    return verifyWebhook(rawBody, signature, options.secrets())
  }

  return {
    refused: refusals.counts,
    async receive(rawBody, headers) {
      const signature = readSignatureHeaders(headers)
      if ('problem' in signature) {
        refusals.recordRefusal('headers', signature.problem)
        return { status: 400, code: 'BAD_HEADERS', message: signature.problem }
      }
      const result = await verifyWithReload(rawBody, signature)
      if (result.kind === 'EVENT')
        return result.event.event_type === probeType
          ? respondToProbe(result.event)
          : appendEvent(result.event)
      const reason = refusalReasons[result.kind]
      const detail = reason === 'timestamp' ? describeClockSkew(signature, now()) : refusalDetails[reason]
      refusals.recordRefusal(reason, detail)
      return result.kind === 'NO_EVENT' ? accepted : refusalResponses[result.kind]
    },
  }
}

function respondToProbe({ event_id: id }: SeamEvent): WebhookResponse {
  return { status: 200, code: probeCode, message: id }
}

const isSecretProblem = ({ kind }: VerificationResult): boolean =>
  kind === 'BAD_SIGNATURE' || kind === 'BAD_SECRET' || kind === 'NO_SECRET'

/** `NO_EVENT` has no refusal response: the signature is valid and a retry would have the same body. */
const refusalReasons = {
  NO_EVENT: 'event',
  BAD_JSON: 'body',
  NO_SECRET: 'secret',
  BAD_SECRET: 'secret',
  BAD_SIGNATURE: 'signature',
  STALE: 'timestamp',
} as const satisfies Record<Exclude<VerificationResult['kind'], 'EVENT'>, RefusalReason>

/** Details for the operator. The response to the sender contains less. */
const refusalDetails = {
  event: 'the signature is valid but the body is not a Seam event',
  body: 'the signature is valid but the body is not JSON',
  secret:
    'the webhook secret of this gateway is missing or malformed: set PUBLIC_URL, or set SEAM_WEBHOOK_SECRET to the complete secret from Seam',
  signature:
    'the signature does not match: set SEAM_WEBHOOK_SECRET to the secret of the webhook at Seam, or run `latchkey webhook rotate` if that variable is not set',
  workspace:
    'the event belongs to another workspace: use the API key and the webhook secret of the same workspace',
} as const

/** Describes the difference between the sender's clock and this machine's clock. */
function describeClockSkew({ timestamp }: WebhookSignature, nowMs: number): string {
  const seconds = Math.round(nowMs / 1000 - Number(timestamp))
  const direction = seconds > 0 ? 'ahead of' : 'behind'
  return `this machine's clock is ${Math.abs(seconds)} s ${direction} the timestamp of the webhook, and the limit is 300 s: synchronize the clock (NTP)`
}

const refusalResponses: Readonly<
  Record<Exclude<VerificationResult['kind'], 'EVENT' | 'NO_EVENT'>, WebhookResponse>
> = {
  NO_SECRET: {
    status: 401,
    code: 'NO_SECRET',
    message: 'This gateway has no webhook secret: set PUBLIC_URL or SEAM_WEBHOOK_SECRET.',
  },
  BAD_SECRET: {
    status: 401,
    code: 'BAD_SECRET',
    message:
      "This gateway's webhook secret is not valid base64. Set SEAM_WEBHOOK_SECRET to the complete secret from Seam: whsec_ and base64.",
  },
  BAD_SIGNATURE: {
    status: 401,
    code: 'BAD_SIGNATURE',
    message: 'The signature does not match the body and the secret.',
  },
  STALE: {
    status: 400,
    code: 'STALE',
    message: 'The timestamp differs from the current time by more than 5 minutes. Check both clocks.',
  },
  BAD_JSON: { status: 400, code: 'BAD_JSON', message: 'The body is not JSON.' },
}
