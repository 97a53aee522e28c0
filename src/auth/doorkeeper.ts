import type { Logger } from '../log.ts'
import { type KeyStore, viewerOf } from './keys.ts'
import { scopes, type Viewer } from './viewer.ts'

/** Decides who is let in, and notices when somebody no longer may be. */
export type Doorkeeper = {
  /** The viewer of an `Authorization` value; `null` is not let in. */
  authenticate(authorization: string | null): Promise<Viewer | null>
  /** Calls back once when a viewer's key is revoked or expires; answers how to stop watching. */
  watch(viewer: Viewer, onEnd: (reason: 'revoked' | 'expired') => void): () => void
  close(): void
}

export type DoorkeeperOptions = {
  readonly keys: KeyStore
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
  isDemo: true,
  expiresAt: null,
  keyId: null,
}

type Watch = { readonly viewer: Viewer; readonly onEnd: (reason: 'revoked' | 'expired') => void }

export function createDoorkeeper(options: DoorkeeperOptions): Doorkeeper {
  const { keys } = options
  const now = options.now ?? Date.now
  const watches = new Set<Watch>()

  async function reasonToEnd(viewer: Viewer): Promise<'revoked' | 'expired' | null> {
    if (viewer.expiresAt !== null && Date.parse(viewer.expiresAt) <= now()) return 'expired'
    if (viewer.keyId === null || (await keys.byId(viewer.keyId)) !== null) return null
    return 'revoked'
  }

  let mayBeRevoked = false

  async function look(): Promise<void> {
    if (await keys.changed()) mayBeRevoked = true
    for (const watch of [...watches]) {
      const mayBeExpired = watch.viewer.expiresAt !== null && Date.parse(watch.viewer.expiresAt) <= now()
      if (!mayBeRevoked && !mayBeExpired) continue
      const reason = await reasonToEnd(watch.viewer)
      if (reason !== null && watches.delete(watch)) watch.onEnd(reason)
    }
    mayBeRevoked = false
  }

  let isLooking = false
  const timer = setInterval(() => {
    if (isLooking || watches.size === 0) return
    isLooking = true
    look()
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
      const key = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
      const record = key === undefined ? null : await keys.find(key)
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
