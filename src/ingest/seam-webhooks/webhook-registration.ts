import type { Journal } from '../../journal/journal.ts'
import type { Leadership, RunAsLeader } from '../../journal/leader-lease.ts'
import { Secret } from '../../model/secret.ts'
import { dayMs } from '../../model/time.ts'
import type { Logger } from '../../observability/logger.ts'
import type { CallOptions } from '../../seam/calls/seam-caller.ts'
import type { SeamClient } from '../../seam/client.ts'
import type { SeamWebhook } from '../../seam/objects/seam-webhooks.ts'
import { clearRotationRequest, readRotationRequestedAt } from './rotation-request.ts'

export type WebhookRegistrationOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  readonly log: Logger
  /** Runs a task under the lease: one process at a time creates and deletes webhooks; all processes read the secrets. */
  readonly runAsLeader: RunAsLeader
  /** Public URL of this gateway, such as `https://latchkey.example.com`. */
  readonly publicUrl: string
  /** Age at which a webhook is replaced by one with a new secret. */
  readonly rotateAfterMs?: number
  /** How long a replaced webhook stays registered: longer than the replicas need to load the new secret. */
  readonly gracePeriodMs?: number
  readonly now?: () => number
}

/** The gateway's webhook at Seam and its signing secrets. */
export type WebhookRegistration = {
  /** Returns all valid secrets, the newest first. */
  secrets(): readonly Secret[]
  /**
   * Ensures that a webhook for this gateway exists at Seam and that its secret is loaded. After `MADE`, events may have been missed.
   * `WAITING` means that another process is creating one. Rejects with `SeamError`.
   */
  check(signal: AbortSignal): Promise<'FOUND' | 'MADE' | 'WAITING'>
  /**
   * Creates a webhook with a new secret; a later check deletes the previous one. Resolves to false if another process holds the lease; use
   * `requestRotation` then.
   */
  rotate(signal: AbortSignal): Promise<boolean>
  /** Reloads the secrets from the store. */
  reloadSecrets(): Promise<void>
}

/** A webhook that a gateway of this workspace created at Seam. */
export type OwnWebhook = {
  readonly webhookId: string
  readonly url: string
  readonly secret: Secret
  readonly madeAt: number
  /** When a newer webhook replaced it, in ms since the epoch; `null` if it is current. */
  readonly replacedAt: number | null
}

/** Stored form of `OwnWebhook`. */
type StoredWebhook = Omit<OwnWebhook, 'secret'> & { readonly secret: string }

/** Name of the webhooks in the journal's store. */
const storeKey = 'webhook'

/** Returns the URL of a gateway's webhook route. A path in `PUBLIC_URL` is preserved. */
export function webhookUrlAt(publicUrl: string): string {
  return new URL(`${publicUrl.replace(/\/+$/, '')}/webhooks/seam`).href
}

/** Returns the webhooks that gateways of this workspace created, the newest first. */
export async function readOwnWebhooks(journal: Pick<Journal, 'getValue'>): Promise<readonly OwnWebhook[]> {
  const text = await journal.getValue(storeKey)
  const kept = text === null ? [] : (JSON.parse(text) as readonly StoredWebhook[])
  return kept.map((each) => ({ ...each, secret: new Secret(each.secret) }))
}

const callOptionsOf = ({ signal }: Leadership): CallOptions => ({ priority: 'background', signal })

/**
 * Manages the gateway's webhook at Seam. Seam returns a secret only when it creates the webhook, so the secret is stored in the journal's
 * store, and a webhook at the gateway's URL with an unknown secret is replaced. A new webhook is created before an old one is deleted; while
 * both exist, both deliver every event and the journal skips the duplicates.
 */
export function createWebhookRegistration(options: WebhookRegistrationOptions): WebhookRegistration {
  const { seam, journal, log, now = Date.now } = options
  const { rotateAfterMs = 90 * dayMs, gracePeriodMs = dayMs } = options
  const url = webhookUrlAt(options.publicUrl)
  let secrets: readonly Secret[] = []
  let lastRun: Promise<unknown> = Promise.resolve()

  const loadOwnWebhooks = (): Promise<readonly OwnWebhook[]> => readOwnWebhooks(journal)

  async function saveOwnWebhooks(ours: readonly OwnWebhook[], leadership: Leadership): Promise<void> {
    const stored: StoredWebhook[] = ours.map((each) => ({ ...each, secret: each.secret.reveal() }))
    await leadership.putValue(storeKey, JSON.stringify(stored))
    secrets = ours.map((each) => each.secret)
  }

  /** Creates a webhook and stores it immediately, because Seam returns its secret only once. */
  async function createWebhook(
    others: readonly OwnWebhook[],
    leadership: Leadership,
  ): Promise<readonly OwnWebhook[]> {
    const made = await seam.createWebhook({ url }, callOptionsOf(leadership))
    const { webhookId, secret } = made
    const replaced = others.map((each) => ({ ...each, replacedAt: each.replacedAt ?? now() }))
    const ours = [{ webhookId, url, secret, madeAt: now(), replacedAt: null }, ...replaced]
    await saveOwnWebhooks(ours, leadership)
    log.info('registered a webhook with Seam')
    return ours
  }

  const isIntact = (own: OwnWebhook, atSeam: readonly SeamWebhook[]): boolean =>
    atSeam.some(
      (each) => each.webhookId === own.webhookId && each.url === url && each.eventTypes.includes('*'),
    )

  async function repairRegistration(leadership: Leadership): Promise<boolean> {
    const callOptions = callOptionsOf(leadership)
    const known = await loadOwnWebhooks()
    const atSeam = await seam.listWebhooks(callOptions)
    const intact = known.filter((own) => own.url === url && isIntact(own, atSeam))
    const rotationRequestedAt = await readRotationRequestedAt(journal)
    const minMadeAt = Math.max(now() - rotateAfterMs + 1, rotationRequestedAt ?? 0)
    const current = intact.find((own) => own.replacedAt === null && own.madeAt >= minMadeAt)
    const ours = current === undefined ? await createWebhook(intact, leadership) : intact
    const [needed, expired] = [ours.filter(isNeeded), ours.filter((own) => !isNeeded(own))]
    const broken = known.filter(
      (own) => !intact.includes(own) && atSeam.some((each) => each.webhookId === own.webhookId),
    )
    const unknownWebhooks = atSeam.filter(
      (each) => each.url === url && !known.some((own) => own.webhookId === each.webhookId),
    )
    for (const { webhookId } of [...expired, ...broken, ...unknownWebhooks])
      await seam.deleteWebhook(webhookId, callOptions)
    if (needed.length !== known.length || current === undefined) await saveOwnWebhooks(needed, leadership)
    else secrets = needed.map((each) => each.secret)
    if (rotationRequestedAt !== null) await clearRotationRequest(journal, rotationRequestedAt)
    // No event is missed if the webhook was replaced before it was deleted.
    return current === undefined && intact.length === 0
  }

  const isNeeded = (own: OwnWebhook): boolean =>
    own.replacedAt === null || now() - own.replacedAt < gracePeriodMs

  /** Runs tasks one at a time, in this process and across processes. Resolves to `null` if another process holds the lease. */
  function runExclusively<T>(
    signal: AbortSignal,
    work: (leadership: Leadership) => Promise<T>,
  ): Promise<T | null> {
    const run = () => options.runAsLeader(signal, work)
    const done = lastRun.then(run, run)
    lastRun = done
    return done
  }

  async function reloadSecrets(): Promise<void> {
    secrets = (await loadOwnWebhooks()).map((each) => each.secret)
  }

  return {
    secrets: () => secrets,
    reloadSecrets,
    async check(signal) {
      const isCreated = await runExclusively(signal, repairRegistration)
      if (isCreated === null) await reloadSecrets()
      if (secrets.length === 0) return 'WAITING'
      return isCreated ? 'MADE' : 'FOUND'
    },
    async rotate(signal) {
      return (
        (await runExclusively(signal, async (leadership) =>
          createWebhook(await loadOwnWebhooks(), leadership),
        )) !== null
      )
    },
  }
}
