import type { Journal } from '../journal/journal.ts'
import type { Held, Turn } from '../journal/turn.ts'
import type { Logger } from '../log.ts'
import { Secret } from '../model/secret.ts'
import type { CallOptions } from '../seam/call.ts'
import type { SeamClient } from '../seam/client.ts'
import type { SeamWebhook } from '../seam/webhooks.ts'

export type RegistrationOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  readonly log: Logger
  /** One process at a time creates and deletes; all of them read the secrets. */
  readonly turn: Turn
  /** Where Seam reaches this gateway, such as `https://latchkey.example.com`. */
  readonly publicUrl: string
  /** A webhook older than this is replaced by one with another secret. */
  readonly rotateAfterMs?: number
  /** How long a replaced webhook is kept beside its successor: longer than replicas take to learn the new secret. */
  readonly graceMs?: number
  readonly now?: () => number
}

/** A webhook of ours at Seam, and the secrets it signs with. */
export type Registration = {
  /** All that are valid; the newest first. */
  secrets(): readonly Secret[]
  /**
   * Sees to it that Seam has a webhook for this gateway, and that its secret is known here. After `MADE` events may have been missed;
   * `WAITING` is while another process makes one. Throws `SeamError`.
   */
  check(signal: AbortSignal): Promise<'FOUND' | 'MADE' | 'WAITING'>
  /**
   * Makes a webhook with another secret now; the one before it is deleted by a later check. False while another process sees to the
   * webhook: ask that one.
   */
  rotate(signal: AbortSignal): Promise<boolean>
  /** Reads again what secrets there are. */
  reload(): Promise<void>
}

type Ours = {
  readonly webhookId: string
  readonly url: string
  readonly secret: Secret
  readonly madeAt: number
  /** When a newer one took its place. */
  readonly replacedAt: number | null
}

/** The same as it's kept. */
type Kept = Omit<Ours, 'secret'> & { readonly secret: string }

/** The name under which our webhooks are kept in the journal's store. */
const storeKey = 'webhook'
const dayMs = 86_400_000

const callOf = ({ signal }: Held): CallOptions => ({ priority: 'background', signal })

/**
 * Seam tells a secret only when it makes the webhook, so it's kept in the journal's store, and a webhook at our address whose secret
 * nobody knows is replaced. A new webhook is always there before an old one goes: meanwhile both bring every event, and the journal
 * takes it once.
 */
export function createRegistration(options: RegistrationOptions): Registration {
  const { seam, journal, log, now = Date.now } = options
  const { rotateAfterMs = 90 * dayMs, graceMs = dayMs } = options
  const url = new URL('/webhooks/seam', options.publicUrl).href
  let secrets: readonly Secret[] = []
  let last: Promise<unknown> = Promise.resolve()

  async function recall(): Promise<readonly Ours[]> {
    const text = await journal.recall(storeKey)
    const kept = text === null ? [] : (JSON.parse(text) as readonly Kept[])
    return kept.map((each) => ({ ...each, secret: new Secret(each.secret) }))
  }

  async function keep(ours: readonly Ours[], held: Held): Promise<void> {
    const kept: Kept[] = ours.map((each) => ({ ...each, secret: each.secret.reveal() }))
    await held.keep(storeKey, JSON.stringify(kept))
    secrets = ours.map((each) => each.secret)
  }

  /** Kept before anything else is done: its secret is told only this once. */
  async function make(others: readonly Ours[], held: Held): Promise<readonly Ours[]> {
    const made = await seam.createWebhook({ url }, callOf(held))
    const { webhookId, secret } = made
    const replaced = others.map((each) => ({ ...each, replacedAt: each.replacedAt ?? now() }))
    const ours = [{ webhookId, url, secret, madeAt: now(), replacedAt: null }, ...replaced]
    await keep(ours, held)
    log.info('registered a webhook with Seam')
    return ours
  }

  const isWhole = (one: Ours, there: readonly SeamWebhook[]): boolean =>
    there.some(
      (each) => each.webhookId === one.webhookId && each.url === url && each.eventTypes.includes('*'),
    )

  async function repair(held: Held): Promise<boolean> {
    const call = callOf(held)
    const known = await recall()
    const there = await seam.listWebhooks(call)
    const whole = known.filter((one) => one.url === url && isWhole(one, there))
    const current = whole.find((one) => one.replacedAt === null && now() - one.madeAt < rotateAfterMs)
    const ours = current === undefined ? await make(whole, held) : whole
    const [stay, over] = [ours.filter(isNeeded), ours.filter((one) => !isNeeded(one))]
    const broken = known.filter(
      (one) => !whole.includes(one) && there.some((each) => each.webhookId === one.webhookId),
    )
    const strangers = there.filter(
      (each) => each.url === url && !known.some((one) => one.webhookId === each.webhookId),
    )
    for (const { webhookId } of [...over, ...broken, ...strangers]) await seam.deleteWebhook(webhookId, call)
    if (stay.length !== known.length || current === undefined) await keep(stay, held)
    else secrets = stay.map((each) => each.secret)
    // One that was replaced in time has missed nothing.
    return current === undefined && whole.length === 0
  }

  const isNeeded = (one: Ours): boolean => one.replacedAt === null || now() - one.replacedAt < graceMs

  /** Does one thing after the other, in this process and among all; `null` while it is another process's turn. */
  function alone<T>(signal: AbortSignal, work: (held: Held) => Promise<T>): Promise<T | null> {
    const turn = () => options.turn(signal, work)
    const done = last.then(turn, turn)
    last = done
    return done
  }

  async function reload(): Promise<void> {
    secrets = (await recall()).map((each) => each.secret)
  }

  return {
    secrets: () => secrets,
    reload,
    async check(signal) {
      const isMade = await alone(signal, repair)
      if (isMade === null) await reload()
      if (secrets.length === 0) return 'WAITING'
      return isMade ? 'MADE' : 'FOUND'
    },
    async rotate(signal) {
      return (await alone(signal, async (held) => make(await recall(), held))) !== null
    },
  }
}
