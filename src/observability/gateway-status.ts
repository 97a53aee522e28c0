import { readFile } from 'node:fs/promises'

/** State of this gateway process and of the services that it depends on. */
export type GatewayStatus = {
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly storage: 'SQLITE' | 'REDIS'
  readonly isReady: boolean
  readonly isJournalHealthy: boolean
  readonly journalHead: number
  readonly subscriberCount: number
  readonly runningSeamCalls: number
  readonly waitingSeamCalls: number
  /** Number of refused webhooks since the start, by reason. */
  readonly refusedWebhooks: Readonly<Record<string, number>>
  /** End of the last reconciliation by this process (ISO 8601). */
  readonly reconciledAt: string | null
  /** How Seam's webhooks reach the gateway; `null` while the gateway starts. */
  readonly webhookStatus: string | null
}

/** Returns the version of Latchkey. */
export async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
