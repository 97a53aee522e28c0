import { useSyncExternalStore } from 'react'
import { settings } from '../settings.ts'
import { createStore } from '../store.ts'

/** How the page authenticates. API keys and tokens are kept in this tab's `sessionStorage` only. */
export type Credential =
  | { readonly kind: 'demo' }
  | { readonly kind: 'api-key'; readonly value: string }
  | { readonly kind: 'token'; readonly value: string }

/** Why the last session ended, for the sign-in screen. */
export type SessionEnd = 'signed-out' | 'revoked' | 'expired' | 'rejected'

export type Session = { readonly credential: Credential | null; readonly end: SessionEnd | null }

const storageKey = 'latchkey.session'
const session = createStore(readStoredSession())

function readStoredSession(): Session {
  const stored = sessionStorage.getItem(storageKey)
  if (stored !== null) return { credential: JSON.parse(stored) as Credential, end: null }
  return { credential: settings.isDemo ? { kind: 'demo' } : null, end: null }
}

export function signIn(credential: Credential): void {
  if (credential.kind === 'demo') sessionStorage.removeItem(storageKey)
  else sessionStorage.setItem(storageKey, JSON.stringify(credential))
  session.set({ credential, end: null })
}

/** Removes the credential. The screen stays at its address, so that a new sign-in leads back to it. The first reason counts. */
export function endSession(end: SessionEnd): void {
  if (session.get().credential === null) return
  sessionStorage.removeItem(storageKey)
  session.set({ credential: null, end })
}

export function useSession(): Session {
  return useSyncExternalStore(session.subscribe, session.get)
}

/** Value of the `Authorization` header, or `null` for the demo. */
export function formatAuthorization(credential: Credential): string | null {
  return credential.kind === 'demo' ? null : `Bearer ${credential.value}`
}
