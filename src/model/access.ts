import type { AcsCredential, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount } from './entities.ts'
import { hasEnded, hasNotBegun, isPending } from './status.ts'

type AccessReasonCode =
  | 'NO_CREDENTIAL'
  | 'NOT_YET_VALID'
  | 'EXPIRED'
  | 'NOT_ISSUED'
  | 'USER_SUSPENDED'
  | 'CREDENTIAL_ERROR'
  | 'ENTRANCE_OFFLINE'
  | 'SYSTEM_DISCONNECTED'

/** `blocking: false` is told, and forbids nothing. `credential` is the one that the reason is about, if it's about one. */
export type AccessReason = {
  readonly code: AccessReasonCode
  readonly message: string
  readonly blocking: boolean
  readonly credential: AcsCredential | null
}

export type AccessDecision = {
  readonly allowed: boolean
  readonly reasons: readonly AccessReason[]
  readonly via: readonly AcsCredential[]
}

export type AccessQuestion = {
  readonly user: AcsUser
  readonly entrance: AcsEntrance
  /** The user's credentials that open this entrance, whatever state they are in. */
  readonly credentials: readonly AcsCredential[]
  readonly system: AcsSystem | null
  readonly account: ConnectedAccount | null
  /** ISO 8601. */
  readonly at: string
}

/**
 * Whether a person can open a door at a time, and if not, every reason why. Allowed means that at least one credential works then and
 * nothing about the person forbids it. An offline door or a disconnected system is told but doesn't forbid: a mobile key works offline.
 */
export function checkAccess(question: AccessQuestion): AccessDecision {
  const { user, credentials, at } = question
  const personal = reasonsOfUser(user, at)
  const faults = credentials.map((credential) => reasonsOfCredential(credential, at))
  const working = credentials.filter((_, index) => faults[index]?.length === 0)
  const via = personal.length > 0 ? [] : working
  const missing =
    credentials.length === 0
      ? [blocking('NO_CREDENTIAL', 'No credential of this person opens this door.')]
      : []
  // What is wrong with one key doesn't matter while another one works.
  const ofCredentials = working.length > 0 ? [] : faults.flat()
  return {
    allowed: via.length > 0,
    reasons: [...personal, ...missing, ...ofCredentials, ...circumstances(question)],
    via,
  }
}

function reasonsOfUser(user: AcsUser, at: string): AccessReason[] {
  const reasons: AccessReason[] = []
  if (user.isSuspended === true) reasons.push(blocking('USER_SUSPENDED', 'This person is suspended.'))
  const schedule = user.accessSchedule
  if (schedule !== null && hasNotBegun(schedule, at)) {
    reasons.push(blocking('NOT_YET_VALID', `This person's access begins at ${schedule.startsAt}.`))
  }
  if (schedule !== null && hasEnded(schedule, at)) {
    reasons.push(blocking('EXPIRED', `This person's access ended at ${schedule.endsAt}.`))
  }
  return reasons
}

function reasonsOfCredential(credential: AcsCredential, at: string): AccessReason[] {
  const reasons: AccessReason[] = []
  const about = (code: AccessReasonCode, message: string) =>
    reasons.push({ code, message, blocking: true, credential })
  for (const error of credential.errors)
    about('CREDENTIAL_ERROR', `Latch reports an error with this credential: ${error.message}`)
  if (isPending(credential)) about('NOT_ISSUED', 'Latch has not issued this credential yet.')
  if (hasNotBegun(credential, at)) about('NOT_YET_VALID', `This credential begins at ${credential.startsAt}.`)
  if (hasEnded(credential, at)) about('EXPIRED', `This credential ended at ${credential.endsAt}.`)
  return reasons
}

const disconnections = new Set([
  'account_disconnected',
  'acs_system_disconnected',
  'provider_service_unavailable',
])

function circumstances({ entrance, system, account }: AccessQuestion): AccessReason[] {
  const reasons: AccessReason[] = []
  if (entrance.latch?.isConnected === false) {
    reasons.push(
      told('ENTRANCE_OFFLINE', 'This door is offline: a mobile key works, news of keys reaches it later.'),
    )
  }
  const problems = [...(system?.errors ?? []), ...(account?.errors ?? [])]
  if (problems.some((problem) => disconnections.has(problem.code))) {
    reasons.push(
      told('SYSTEM_DISCONNECTED', 'Seam is disconnected from Latch: what is shown may be out of date.'),
    )
  }
  return reasons
}

function blocking(code: AccessReasonCode, message: string): AccessReason {
  return { code, message, blocking: true, credential: null }
}

function told(code: AccessReasonCode, message: string): AccessReason {
  return { code, message, blocking: false, credential: null }
}
