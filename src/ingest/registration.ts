import type { Journal } from '../journal/journal.ts'
import type { SeamClient } from '../seam/client.ts'

export type RegistrationOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  /** Where Seam reaches this gateway, such as `https://latchkey.example.com`. */
  readonly publicUrl: string
}

type Kept = { readonly webhookId: string; readonly url: string; readonly secret: string }

const storeKey = 'webhook'
const forEver = 100 * 365 * 86_400_000

/**
 * Sees to it that Seam has exactly one webhook for this gateway, and answers the secret it signs with. Seam tells a secret only at
 * creation, so it's kept in the journal's store; a webhook at our address whose secret nobody knows is replaced.
 */
export async function registerWebhook({ seam, journal, publicUrl }: RegistrationOptions): Promise<string> {
  const url = new URL('/webhooks/seam', publicUrl).href
  const ours = (await seam.listWebhooks()).filter((webhook) => webhook.url === url)
  const kept = await recall(journal)
  const isAlive = kept?.url === url && ours.some((webhook) => webhook.webhookId === kept.webhookId)
  if (isAlive) return kept.secret
  const made = await seam.createWebhook({ url })
  await journal.forget(storeKey)
  await journal.remember(
    storeKey,
    JSON.stringify({ webhookId: made.webhookId, url, secret: made.secret }),
    forEver,
  )
  for (const stranger of ours) await seam.deleteWebhook(stranger.webhookId)
  return made.secret
}

async function recall(journal: Journal): Promise<Kept | null> {
  const text = await journal.recall(storeKey)
  return text === null ? null : (JSON.parse(text) as Kept)
}
