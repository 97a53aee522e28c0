import type { Logger } from '../log.ts'
import { type KeyStore, viewerOf } from './keys.ts'
import type { Tokens } from './tokens.ts'
import { scopes, type Viewer } from './viewer.ts'

/** Decides who is let in, and notices when somebody no longer may be. */
export type Doorkeeper = {
  /**
   * The viewer of an `Authorization` value; `null` is not let in. Rejects with `CredentialExpired` for a token that was good once, and
   * with `KeyStoreUnavailable` or `IssuerUnavailable` while nobody can say.
   */
  authenticate(authorization: string | null): Promise<Viewer | null>
  /** Whom a key lets in, by its id; `null` for one that is no more, or for none where there's no demo. Rejects with `KeyStoreUnavailable`. */
  viewerOfKey(keyId: string | null): Promise<Viewer | null>
  /** Calls back once when a viewer's key is revoked or expires; answers how to stop watching. */
  watch(viewer: Viewer, onEnd: (reason: 'revoked' | 'expired') => void): () => void
  close(): void
}

export type DoorkeeperOptions = {
  readonly keys: KeyStore
  /** Reads tokens of the configured issuer; `null` where there is none. */
  readonly tokens: Pick<Tokens, 'read'> | null
  /** Whether who brings no key at all is let in as the demo viewer: the bundled building on a loopback address only. */
  readonly isDemo: boolean
  readonly log: Pick<Logger, 'error'>
  readonly now?: () => number
  /** How often the key store is looked at for what other processes wrote. */
  readonly pollMs?: number
}

/** Sees and does everything in the bundled building, which holds nobody's home. */
export const demoViewer: Viewer = {
  name: 'demo',
  scopes: new Set(scopes),
  reach: { acsSystemIds: null, residentId: null },
  graph: 'whole',
  isDemo: true,
  expiresAt: null,
  keyId: null,
}

type Watch = { readonly viewer: Viewer; readonly onEnd: (reason: 'revoked' | 'expired') => void }

export function createDoorkeeper(options: DoorkeeperOptions): Doorkeeper {
  const { keys, tokens } = options
  const now = options.now ?? Date.now
  const watches = new Set<Watch>()

  function end(watch: Watch, reason: 'revoked' | 'expired'): void {
    if (watches.delete(watch)) watch.onEnd(reason)
  }

  function endExpired(): void {
    for (const watch of [...watches]) {
      const { expiresAt } = watch.viewer
      if (expiresAt !== null && Date.parse(expiresAt) <= now()) end(watch, 'expired')
    }
  }

  let mayBeRevoked = false

  async function endRevoked(): Promise<void> {
    if (await keys.changed()) mayBeRevoked = true
    if (!mayBeRevoked) return
    for (const watch of [...watches]) {
      const { keyId } = watch.viewer
      if (keyId !== null && (await keys.byId(keyId)) === null) end(watch, 'revoked')
    }
    mayBeRevoked = false
  }

  let isLooking = false
  const timer = setInterval(() => {
    // Time passes whether or not the store can be asked.
    endExpired()
    if (isLooking || watches.size === 0) return
    isLooking = true
    endRevoked()
      // Who is in stays in while the store can't be read; the next look starts over, and whoever comes anew is refused.
      .catch((error: unknown) => options.log.error({ err: error }, 'the key store could not be read'))
      .finally(() => {
        isLooking = false
      })
  }, options.pollMs ?? 500)
  timer.unref()

  return {
    async authenticate(authorization) {
      if (authorization === null) return options.isDemo ? demoViewer : null
      const credential = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
      if (credential === undefined) return null
      if (isToken(credential)) return tokens === null ? null : tokens.read(credential)
      const record = await keys.find(credential)
      return record === null ? null : viewerOf(record)
    },
    async viewerOfKey(keyId) {
      if (keyId === null) return options.isDemo ? demoViewer : null
      const record = await keys.byId(keyId)
      return record === null ? null : viewerOf(record)
    },
    watch(viewer, onEnd) {
      const watch = { viewer, onEnd }
      watches.add(watch)
      return () => void watches.delete(watch)
    },
    close: () => clearInterval(timer),
  }
}

/** A signed token has three parts (RFC 7515, 7.1); an API key has no dots. */
function isToken(credential: string): boolean {
  return credential.split('.', 4).length === 3
}
