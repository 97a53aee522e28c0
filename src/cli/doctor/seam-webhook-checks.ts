import type { Config } from '../../config/config.ts'
import { formatUrlHost } from '../../http/protocol/request-target.ts'
import { readRefusals } from '../../ingest/seam-webhooks/refused-webhooks.ts'
import { createProbe, probeCode } from '../../ingest/seam-webhooks/webhook-probe.ts'
import { readOwnWebhooks, webhookUrlAt } from '../../ingest/seam-webhooks/webhook-registration.ts'
import type { Journal } from '../../journal/journal.ts'
import type { Secret } from '../../model/secret.ts'
import type { SeamClient } from '../../seam/client.ts'
import type { Finding } from './finding.ts'

const deliveryTimeoutMs = 10_000

export type WebhookCheckContext = {
  readonly config: Config
  readonly seam: Pick<SeamClient, 'listWebhooks'> | null
  readonly journal: Journal | null
}

const noSeamApiKeyFinding: Finding = {
  state: 'note',
  message: 'not checked: it needs a valid Seam API key',
  advice: 'Correct the Seam API key first.',
}

/** Checks that Seam lists a webhook with this gateway's URL, and that the gateway knows its secret. */
export async function checkRegistration({ config, seam, journal }: WebhookCheckContext): Promise<Finding> {
  const { publicUrl, seamApiKey, seamWebhookSecret } = config
  if (seamApiKey === null) return { state: 'ok', message: 'the bundled building creates one at each start' }
  if (publicUrl === null && seamWebhookSecret === null)
    return {
      state: 'note',
      message: 'not registered: Seam has no URL to send changes to',
      advice: 'Set PUBLIC_URL to the public URL of this gateway; without a webhook, changes arrive late.',
    }
  if (seam === null) return noSeamApiKeyFinding
  const seamWebhooks = await seam.listWebhooks()
  const url = publicUrl === null ? null : webhookUrlAt(publicUrl)
  const ownWebhooks = seamWebhooks.filter((each) =>
    url === null ? isWebhookRoute(each.url) : each.url === url,
  )
  if (ownWebhooks.length === 0) {
    const advice =
      seamWebhookSecret === null
        ? 'Start the gateway: it registers a webhook.'
        : "Register a webhook in Seam's console, and copy its secret to SEAM_WEBHOOK_SECRET."
    return {
      state: 'FAIL',
      message: `Seam has none at ${url ?? 'a URL that ends in /webhooks/seam'}`,
      advice,
    }
  }
  if (seamWebhookSecret === null) {
    const knownWebhooks = journal === null ? [] : await readOwnWebhooks(journal)
    if (!ownWebhooks.some(({ webhookId }) => knownWebhooks.some((each) => each.webhookId === webhookId)))
      return {
        state: 'FAIL',
        message: `Seam has one at ${url}, but its secret is unknown`,
        advice: 'Start the gateway, or rotate the webhook: npm run latchkey -- webhook rotate',
      }
  }
  return { state: 'ok', message: `Seam has one at ${ownWebhooks[0]?.url}` }
}

function isWebhookRoute(url: string): boolean {
  return URL.parse(url)?.pathname.endsWith('/webhooks/seam') === true
}

/** Sends a signed message to the webhook's URL, as Seam does, and checks that this gateway answers it. */
export async function checkDelivery({ config, seam, journal }: WebhookCheckContext): Promise<Finding> {
  const url = await findWebhookUrl(config, seam)
  const secret = config.seamWebhookSecret ?? (await findNewestSecret(journal))
  if (url === null) return { state: 'note', message: 'not checked: no URL is known' }
  if (secret === null)
    return {
      state: 'note',
      message: 'not checked: no secret is known yet',
      advice: 'Start the gateway, then run the doctor again.',
    }
  const probe = createProbe(secret)
  const startedAt = performance.now()
  let response: Response
  let responseBody: { readonly code?: unknown; readonly message?: unknown }
  try {
    response = await fetch(url, {
      method: 'POST',
      ...{ headers: probe.headers, body: probe.body, redirect: 'manual' },
      signal: AbortSignal.timeout(deliveryTimeoutMs),
    })
    responseBody = (await response.json().catch(() => ({}))) as typeof responseBody
  } catch (error) {
    const { message, cause } = error as Error
    const reason = cause instanceof Error ? cause.message || message : message
    const isBundledBuilding = config.publicUrl === null && config.seamApiKey === null
    return {
      state: isBundledBuilding ? 'note' : 'FAIL',
      message: `there is no response from ${url} (${reason})`,
      advice: isBundledBuilding
        ? 'Start the gateway: npm start'
        : 'Start the gateway, and route PUBLIC_URL to it.',
    }
  }
  if (response.status === 200 && responseBody.code === probeCode && responseBody.message === probe.id) {
    const ms = Math.round(performance.now() - startedAt)
    return { state: 'ok', message: `a signed message reached the gateway through ${url} in ${ms} ms` }
  }
  return describeMisdelivery(url, response.status, responseBody.code)
}

function describeMisdelivery(url: string, status: number, code: unknown): Finding {
  if (code === 'BAD_SIGNATURE' || code === 'NO_SECRET' || code === 'BAD_SECRET')
    return {
      state: 'FAIL',
      message: `the gateway at ${url} has another secret (${code})`,
      advice:
        'Run the doctor with the environment of that gateway: SEAM_WEBHOOK_SECRET, DATA_DIR, REDIS_URL.',
    }
  if (code === 'STALE')
    return {
      state: 'FAIL',
      message: `the clock of the gateway at ${url} is more than 5 minutes off`,
      advice: 'Set its clock or the clock of this machine (NTP).',
    }
  return {
    state: 'FAIL',
    message: `another server answers at ${url} (HTTP ${status})`,
    advice: 'Route PUBLIC_URL to the gateway, with the method, body and headers unchanged.',
  }
}

async function findWebhookUrl(config: Config, seam: WebhookCheckContext['seam']): Promise<string | null> {
  const { publicUrl, seamApiKey, host, port } = config
  if (publicUrl !== null) return webhookUrlAt(publicUrl)
  if (seamApiKey === null) return webhookUrlAt(`http://${formatUrlHost(host)}:${port}`)
  if (config.seamWebhookSecret === null || seam === null) return null
  return (await seam.listWebhooks()).find(({ url }) => isWebhookRoute(url))?.url ?? null
}

async function findNewestSecret(journal: Journal | null): Promise<Secret | null> {
  return journal === null ? null : ((await readOwnWebhooks(journal))[0]?.secret ?? null)
}

/** Reports the webhooks that a gateway refused in the last day, except unsigned requests, which anybody can send. */
export async function checkRefusedWebhooks({ journal }: WebhookCheckContext): Promise<Finding> {
  const record = journal === null ? null : await readRefusals(journal)
  const reasons = Object.entries(record?.reasons ?? {}).filter(([reason]) => reason !== 'headers')
  if (reasons.length === 0) return { state: 'ok', message: 'no webhook was refused in the last day' }
  const newest = Math.max(...reasons.map(([, { at }]) => at))
  const summaries = reasons.map(
    ([reason, { count, at }]) => `${count} (${reason}), last ${new Date(at).toISOString()}`,
  )
  const isResolved = (record?.takenAt ?? 0) > newest
  return {
    state: isResolved ? 'note' : 'FAIL',
    message: `webhooks were refused: ${summaries.join('; ')}${isResolved ? '; newer ones were accepted' : ''}`,
    advice: reasons.map(([, { detail }]) => `${detail[0]?.toUpperCase()}${detail.slice(1)}.`).join(' '),
  }
}
