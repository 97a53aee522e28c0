import type { AccessReasonCode } from './access-reason.ts'
import { findDisconnection } from './diff.ts'
import type { AcsCredential, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount, Issue } from './entities.ts'

/** Effect of an error or warning in Seam on access. */
export type IssueEffect = {
  readonly code: AccessReasonCode
  /** Whether the issue prevents access. */
  readonly blocking: boolean
  /** Type of the object that Seam reports the issue for, as messages name the type. */
  readonly subject: string
  readonly issue: Issue
}

/** Errors of an ACS user after which the access that Latch already has stays valid. Every other error, known or unknown, prevents access. */
const nonBlockingUserErrors: ReadonlySet<string> = new Set([
  'failed_to_update_on_acs_system',
  'failed_to_delete_on_acs_system',
])

/**
 * Warnings which mean that access does not work or may not work (source: Seam's page "Troubleshooting Your Access Control System"). Other
 * warnings have no effect on access.
 */
const userWarnings: ReadonlySet<string> = new Set([
  'being_deleted',
  'unknown_issue_with_acs_user',
  'salto_ks_user_not_subscribed',
])
const credentialWarnings: ReadonlySet<string> = new Set([
  'being_deleted',
  'unknown_issue_with_acs_credential',
  'needs_to_be_reissued',
])
const entranceWarnings: ReadonlySet<string> = new Set([
  'entrance_setup_required',
  'privacy_mode',
  'salto_ks_privacy_mode',
])
const accountWarnings: ReadonlySet<string> = new Set([
  'being_deleted',
  'provider_service_unavailable',
  'unknown_issue_with_connected_account',
])

/**
 * Returns the effects of an ACS user's errors and warnings. The warning `acs_user_inactive` describes the present, so it does not prevent
 * access if `isFutureTime`: if the decision is about a time in the future.
 */
export function effectsOfUser(user: AcsUser, isFutureTime: boolean): IssueEffect[] {
  const subject = 'ACS user'
  return [
    ...user.errors.map((issue) => ({
      code: 'USER_ERROR' as const,
      blocking: !nonBlockingUserErrors.has(issue.code),
      subject,
      issue,
    })),
    ...user.warnings
      .filter(({ code }) => code === 'acs_user_inactive')
      .map((issue) => ({ code: 'USER_INACTIVE' as const, blocking: !isFutureTime, subject, issue })),
    ...effectsOfIssues('USER_WARNING', subject, user.warnings, userWarnings),
  ]
}

/** Returns the effects of a credential's errors. Each of them prevents access. */
export function errorEffectsOfCredential(credential: AcsCredential): IssueEffect[] {
  return credential.errors.map((issue) => ({
    code: 'CREDENTIAL_ERROR',
    blocking: true,
    subject: 'credential',
    issue,
  }))
}

export function warningEffectsOfCredential(credential: AcsCredential): IssueEffect[] {
  return effectsOfIssues('CREDENTIAL_WARNING', 'credential', credential.warnings, credentialWarnings)
}

/** Returns the effects of an entrance's errors and warnings. None of them means that the lock refuses credentials, so none prevents access. */
export function effectsOfEntrance(entrance: AcsEntrance): IssueEffect[] {
  return [
    ...effectsOfIssues('ENTRANCE_ERROR', 'entrance', entrance.errors),
    ...effectsOfIssues('ENTRANCE_WARNING', 'entrance', entrance.warnings, entranceWarnings),
  ]
}

/**
 * Returns the effects of the errors and warnings of an ACS system and its connected account. Locks work without Seam, so none of them
 * prevents access. Seam often reports the same error for both objects; the result contains this error once.
 */
export function effectsOfConnection(
  system: AcsSystem | null,
  account: ConnectedAccount | null,
): IssueEffect[] {
  const effects = [
    ...effectsOfIssues('SYSTEM_ERROR', 'ACS system', system?.errors ?? []),
    ...effectsOfIssues('ACCOUNT_ERROR', 'connected account', account?.errors ?? []),
    ...effectsOfIssues('ACCOUNT_ERROR', 'connected account', account?.warnings ?? [], accountWarnings),
  ]
  const seen = new Set<string>()
  return effects.flatMap((effect): IssueEffect[] => {
    const { issue } = effect
    if (seen.has(issue.code)) return []
    seen.add(issue.code)
    return [isDisconnection(issue) ? { ...effect, code: 'SYSTEM_DISCONNECTED' } : effect]
  })
}

function isDisconnection(issue: Issue): boolean {
  return issue.code === 'provider_service_unavailable' || findDisconnection([issue]) !== null
}

function effectsOfIssues(
  code: AccessReasonCode,
  subject: string,
  issues: readonly Issue[],
  codes: ReadonlySet<string> | null = null,
): IssueEffect[] {
  return issues
    .filter((issue) => codes === null || codes.has(issue.code))
    .map((issue) => ({ code, blocking: false, subject, issue }))
}
