import {
  effectsOfConnection,
  effectsOfEntrance,
  effectsOfUser,
  errorEffectsOfCredential,
  type IssueEffect,
  warningEffectsOfCredential,
} from './access-issues.ts'
import type { AccessReasonCode } from './access-reason.ts'
import { hasEnded, hasNotBegun, isPending } from './credential-status.ts'
import type { AcsCredential, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount, Issue } from './entities.ts'
import { adviceFor } from './issue-advice.ts'
import { isBefore } from './time.ts'

/** Reason for or against access. With `blocking: false` it does not prevent access. */
export type AccessReason = {
  readonly code: AccessReasonCode
  readonly message: string
  readonly blocking: boolean
  /** The credential that the reason applies to, if it applies to one. */
  readonly credential: AcsCredential | null
  /** The error or warning in Seam that the reason is based on, if it is based on one. */
  readonly issue: Issue | null
}

export type AccessDecision = {
  readonly allowed: boolean
  readonly reasons: readonly AccessReason[]
  readonly via: readonly AcsCredential[]
}

export type AccessQuestion = {
  readonly user: AcsUser
  readonly entrance: AcsEntrance
  /** The user's credentials for this entrance, in any status. */
  readonly credentials: readonly AcsCredential[]
  readonly system: AcsSystem | null
  readonly account: ConnectedAccount | null
  /** The time to check, ISO 8601. */
  readonly atTime: string
  /** The time of the request, ISO 8601. Errors and warnings of Seam describe the state at this time. */
  readonly now: string
}

/**
 * Decides whether an ACS user can unlock an entrance at a given time, and returns all reasons. Access is allowed if at
 * least one credential works at that time and no reason of the user prevents it. Errors of the entrance, the ACS system
 * and the connected account do not prevent access, because mobile keys work offline.
 */
export function checkAccess(question: AccessQuestion): AccessDecision {
  const { user, entrance, credentials, system, account, atTime, now } = question
  const userReasons = [
    ...reasonsOfUser(user, atTime),
    ...effectsOfUser(user, isBefore(now, atTime)).map((effect) => reasonOfEffect(effect)),
  ]
  const isForbidden = userReasons.some(({ blocking }) => blocking)
  const reasonsByCredential = credentials.map((credential) => reasonsOfCredential(credential, atTime))
  const working = credentials.filter((_, index) => reasonsByCredential[index]?.length === 0)
  const via = isForbidden ? [] : working
  const noCredentialReasons =
    credentials.length === 0
      ? [createReason('NO_CREDENTIAL', 'The ACS user has no credential for this entrance.', true)]
      : []
  // Reasons of one credential are irrelevant while another one works.
  const credentialReasons =
    working.length > 0 ? working.flatMap(warningReasonsOfCredential) : reasonsByCredential.flat()
  const offlineReasons =
    entrance.latch?.isConnected === false
      ? [
          createReason(
            'ENTRANCE_OFFLINE',
            'The lock of this entrance is offline. Mobile keys work; changes of credentials reach the lock later.',
          ),
        ]
      : []
  const connectionEffects = [...effectsOfEntrance(entrance), ...effectsOfConnection(system, account)]
  return {
    allowed: via.length > 0,
    reasons: [
      ...userReasons,
      ...noCredentialReasons,
      ...credentialReasons,
      ...offlineReasons,
      ...connectionEffects.map((effect) => reasonOfEffect(effect)),
    ],
    via,
  }
}

function reasonsOfUser(user: AcsUser, atTime: string): AccessReason[] {
  const reasons: AccessReason[] = []
  if (user.isSuspended === true)
    reasons.push(createReason('USER_SUSPENDED', 'The ACS user is suspended.', true))
  const schedule = user.accessSchedule
  if (schedule !== null && hasNotBegun(schedule, atTime))
    reasons.push(
      createReason(
        'NOT_YET_VALID',
        `The access schedule of the ACS user starts at ${schedule.startsAt}.`,
        true,
      ),
    )
  if (schedule !== null && hasEnded(schedule, atTime))
    reasons.push(
      createReason('EXPIRED', `The access schedule of the ACS user ended at ${schedule.endsAt}.`, true),
    )
  return reasons
}

function reasonsOfCredential(credential: AcsCredential, atTime: string): AccessReason[] {
  const reasons = errorEffectsOfCredential(credential).map((effect) => reasonOfEffect(effect, credential))
  const addReason = (code: AccessReasonCode, message: string) =>
    reasons.push({ ...createReason(code, message, true), credential })
  if (isPending(credential)) addReason('NOT_ISSUED', 'Latch has not issued the credential yet.')
  if (hasNotBegun(credential, atTime))
    addReason('NOT_YET_VALID', `The credential is valid from ${credential.startsAt}.`)
  if (hasEnded(credential, atTime))
    addReason('EXPIRED', `The credential stopped being valid at ${credential.endsAt}.`)
  return reasons
}

function warningReasonsOfCredential(credential: AcsCredential): AccessReason[] {
  return warningEffectsOfCredential(credential).map((effect) => reasonOfEffect(effect, credential))
}

function createReason(code: AccessReasonCode, message: string, blocking = false): AccessReason {
  return { code, message, blocking, credential: null, issue: null }
}

/** Converts an error or warning in Seam to a reason, with its code, Seam's message and the recommended action. */
function reasonOfEffect(
  { code, blocking, subject, issue }: IssueEffect,
  credential: AcsCredential | null = null,
): AccessReason {
  const advice = adviceFor(issue.code) ?? 'Read the message of Seam, or contact Seam support.'
  const message = `Seam reports ${issue.code} for the ${subject}: ${asSentence(issue.message)} ${advice}`
  return { code, message, blocking, credential, issue }
}

function asSentence(text: string): string {
  return /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
}
