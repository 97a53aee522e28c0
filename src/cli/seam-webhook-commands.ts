import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Config, readConfig } from '../config/config.ts'
import { readRefusals } from '../ingest/seam-webhooks/refused-webhooks.ts'
import { requestRotation } from '../ingest/seam-webhooks/rotation-request.ts'
import {
  createWebhookRegistration,
  readOwnWebhooks,
  webhookUrlAt,
} from '../ingest/seam-webhooks/webhook-registration.ts'
import type { Journal } from '../journal/journal.ts'
import { createLeaderLease } from '../journal/leader-lease.ts'
import { openJournal } from '../journal/open-journal.ts'
import { createLogger } from '../observability/logger.ts'
import { createSeamClient, type SeamClient } from '../seam/client.ts'
import { createJournalAudit } from './journal-audit.ts'
import { type Terminal, UsageError } from './terminal.ts'

type WebhookTools = { readonly config: Config; readonly seam: SeamClient; readonly journal: Journal }

/** How long a running gateway may take for a rotation. */
const rotationTimeoutMs = 60_000
const pollIntervalMs = 250

/** `webhook status`: prints the gateway's webhooks at Seam, and the refused messages. Returns 1 if Seam has none of this gateway's webhooks. */
export async function showWebhookStatus(terminal: Terminal): Promise<number> {
  return withWebhookTools(terminal, async ({ config, seam, journal }) => {
    const knownWebhooks = await readOwnWebhooks(journal)
    const seamWebhooks = await seam.listWebhooks()
    const url = config.publicUrl === null ? null : webhookUrlAt(config.publicUrl)
    const ownWebhooks = seamWebhooks.filter(
      (each) => each.url === url || knownWebhooks.some(({ webhookId }) => webhookId === each.webhookId),
    )
    for (const { webhookId, url } of ownWebhooks) {
      const known = knownWebhooks.find((each) => each.webhookId === webhookId)
      const state =
        known === undefined ? 'secret unknown' : known.replacedAt === null ? 'current' : 'replaced'
      const createdAt = known === undefined ? '-' : new Date(known.madeAt).toISOString()
      terminal.writeResult([webhookId, state, createdAt, url].join('\t'))
    }
    if (ownWebhooks.length === 0)
      terminal.writeMessage(`Seam has no webhook of this gateway${url === null ? '' : ` at ${url}`}.`)
    const refused = Object.entries((await readRefusals(journal))?.reasons ?? {})
    for (const [reason, { count, at, detail }] of refused)
      terminal.writeMessage(`${count} refused (${reason}), last ${new Date(at).toISOString()}: ${detail}.`)
    return ownWebhooks.length === 0 ? 1 : 0
  })
}

/** `webhook rotate`: requests a webhook with a new secret from the gateway that is the leader, or rotates it here if no gateway runs. */
export async function rotateWebhook(terminal: Terminal): Promise<number> {
  return withWebhookTools(terminal, async ({ config: { publicUrl, seamWebhookSecret }, seam, journal }) => {
    if (seamWebhookSecret !== null)
      throw new UsageError(
        "SEAM_WEBHOOK_SECRET is of a webhook that was registered by hand: create another one in Seam's console, and set its secret.",
      )
    if (publicUrl === null)
      throw new UsageError('PUBLIC_URL is not set, so no webhook is registered: set it as for npm start.')
    const askedAt = Date.now()
    await requestRotation(journal, askedAt, createJournalAudit('webhook rotate', 'SCHEDULED'))
    for (const until = askedAt + rotationTimeoutMs; Date.now() < until; await delay(pollIntervalMs)) {
      if ((await journal.getLease('ingest')) === null) await rotateWithoutGateway(seam, journal, publicUrl)
      const [newest] = await readOwnWebhooks(journal)
      if (newest === undefined || newest.madeAt < askedAt) continue
      await journal.appendAudit([
        createJournalAudit('webhook rotate', 'DONE', { webhookId: newest.webhookId }),
      ])
      terminal.writeMessage(
        `Webhook ${newest.webhookId} signs with another secret. The previous webhook is deleted after a day.`,
      )
      return 0
    }
    throw new Error('The gateway did not rotate the webhook within a minute. See its log for the reason.')
  })
}

async function rotateWithoutGateway(seam: SeamClient, journal: Journal, publicUrl: string): Promise<void> {
  const log = createLogger('silent')
  const leaderLease = createLeaderLease({ journal, name: 'ingest', holder: randomUUID(), log })
  try {
    await createWebhookRegistration({
      seam,
      journal,
      log,
      runAsLeader: leaderLease.runAsLeader,
      publicUrl,
    }).check(AbortSignal.timeout(rotationTimeoutMs))
  } finally {
    await leaderLease.close()
  }
}

async function withWebhookTools(
  terminal: Terminal,
  work: (tools: WebhookTools) => Promise<number>,
): Promise<number> {
  const config = readConfig(terminal.env)
  const { seamApiKey, seamEndpoint } = config
  if (seamApiKey === null)
    throw new UsageError(
      'SEAM_API_KEY is not set: set it as for npm start. The bundled building creates a webhook at each start.',
    )
  const seam = createSeamClient({ apiKey: seamApiKey, endpoint: seamEndpoint })
  try {
    const { workspaceId } = await seam.getWorkspace()
    const journal = await openJournal({ ...config, workspaceId, isShared: true })
    try {
      return await work({ config, seam, journal })
    } finally {
      await journal.close()
    }
  } finally {
    seam.close()
  }
}
