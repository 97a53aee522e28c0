import type { Logger } from '../observability/logger.ts'
import { type ApiKeyStore, toViewer } from './api-keys/api-key-store.ts'
import type { TokenVerifier } from './tokens/token-verifier.ts'
import { scopes, serializeAccessScope, type Viewer } from './viewer.ts'

/** Authenticates requests, and watches credentials for revocation and expiry. */
export type Authenticator = {
  /**
   * Returns the viewer of an `Authorization` value, or `null` if it is not valid. Rejects with `TokenExpired` for an expired token, and
   * with `ApiKeyStoreUnavailable` or `IssuerUnavailable` if the credential cannot be checked now.
   */
  authenticate(authorization: string | null): Promise<Viewer | null>
  /** Returns the viewer of an API key by its ID, or `null` if it has ended, or without an ID if there is no demo. Rejects with `ApiKeyStoreUnavailable`. */
  findViewerByApiKeyId(apiKeyId: string | null): Promise<Viewer | null>
  /**
   * Returns why a viewer's credential has ended, or `null` while it is valid. An API key with changed scopes, access scope or expiry counts as
   * expired: its owner authenticates again and gets the current permissions. Rejects with `ApiKeyStoreUnavailable`.
   */
  findEndReason(viewer: Viewer): Promise<AuthenticationEndReason | null>
  /**
   * Calls back once when a viewer's credential ends. Resolves to a function that stops watching, after the credential was checked with the
   * watch in place, so that an end between authentication and this call is detected as well.
   */
  watchViewer(viewer: Viewer, onEnd: (reason: AuthenticationEndReason) => void): Promise<() => void>
  /** Checks all watched viewers now, after this process has changed an API key. Other processes detect the change by themselves. */
  checkWatches(): Promise<void>
  close(): void
}

/** Why a credential has ended. */
export type AuthenticationEndReason = 'revoked' | 'expired'

export type AuthenticatorOptions = {
  readonly apiKeys: ApiKeyStore
  /** Verifies tokens of the configured issuer; `null` without an issuer. */
  readonly tokens: Pick<TokenVerifier, 'verify'> | null
  /** Whether requests without a credential get the demo viewer: for the bundled building on a loopback address only. */
  readonly isDemo: boolean
  readonly log: Pick<Logger, 'error'>
  readonly now?: () => number
  /** Interval at which the API key store is checked for changes by other processes. */
  readonly pollMs?: number
}

/** Viewer with all permissions in the bundled building, which contains no real data. */
export const demoViewer: Viewer = {
  name: 'demo',
  scopes: new Set(scopes),
  accessScope: { acsSystemIds: null, acsUserId: null },
  graph: 'whole',
  isDemo: true,
  expiresAt: null,
  apiKeyId: null,
}

type ViewerWatch = { readonly viewer: Viewer; readonly onEnd: (reason: AuthenticationEndReason) => void }

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { apiKeys, tokens } = options
  const now = options.now ?? Date.now
  const watches = new Set<ViewerWatch>()

  function endWatch(watch: ViewerWatch, reason: AuthenticationEndReason): void {
    if (watches.delete(watch)) watch.onEnd(reason)
  }

  const isExpired = ({ expiresAt }: Viewer) => expiresAt !== null && Date.parse(expiresAt) <= now()

  async function findEndReason(viewer: Viewer): Promise<AuthenticationEndReason | null> {
    if (isExpired(viewer)) return 'expired'
    if (viewer.apiKeyId === null) return null
    const record = await apiKeys.findById(viewer.apiKeyId)
    if (record === null) return 'revoked'
    const current = toViewer(record)
    const isUnchanged =
      serializeAccessScope(current) === serializeAccessScope(viewer) && current.expiresAt === viewer.expiresAt
    return isUnchanged ? null : 'expired'
  }

  function endExpired(): void {
    for (const watch of [...watches]) if (isExpired(watch.viewer)) endWatch(watch, 'expired')
  }

  let isRecheckNeeded = false
  let currentCheck: Promise<void> | null = null

  async function endChanged(): Promise<void> {
    if (await apiKeys.hasChanged()) isRecheckNeeded = true
    if (!isRecheckNeeded) return
    for (const watch of [...watches]) await checkWatch(watch)
    isRecheckNeeded = false
  }

  /** Starts a check, unless one is running. While the store is unavailable, existing connections stay open and new ones are refused. */
  function startCheck(): Promise<void> {
    currentCheck ??= endChanged()
      // The next check starts again.
      .catch(logStoreError)
      .finally(() => {
        currentCheck = null
      })
    return currentCheck
  }

  async function checkWatch(watch: ViewerWatch): Promise<void> {
    const reason = await findEndReason(watch.viewer)
    if (reason !== null) endWatch(watch, reason)
  }

  const logStoreError = (error: unknown) =>
    options.log.error({ err: error }, 'the key store could not be read')

  const timer = setInterval(() => {
    // Expiry does not depend on the store.
    endExpired()
    if (watches.size > 0) void startCheck()
  }, options.pollMs ?? 500)
  timer.unref()

  return {
    async authenticate(authorization) {
      if (authorization === null) return options.isDemo ? demoViewer : null
      const credential = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
      if (credential === undefined) return null
      if (isToken(credential)) return tokens === null ? null : tokens.verify(credential)
      const record = await apiKeys.findByKey(credential)
      return record === null ? null : toViewer(record)
    },
    async findViewerByApiKeyId(apiKeyId) {
      if (apiKeyId === null) return options.isDemo ? demoViewer : null
      const record = await apiKeys.findById(apiKeyId)
      return record === null ? null : toViewer(record)
    },
    findEndReason,
    async watchViewer(viewer, onEnd) {
      const watch = { viewer, onEnd }
      watches.add(watch)
      // Added before the check, so that a revocation at any moment is detected by one of the two.
      await checkWatch(watch).catch(logStoreError)
      return () => void watches.delete(watch)
    },
    async checkWatches() {
      // A check that already runs may have started before the change.
      await currentCheck
      await startCheck()
    },
    close: () => clearInterval(timer),
  }
}

/** A signed token has three parts (RFC 7515, 7.1); an API key has no dots. */
function isToken(credential: string): boolean {
  return credential.split('.', 4).length === 3
}
