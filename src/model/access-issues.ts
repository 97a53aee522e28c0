import type { AccessReasonCode } from './access-reason.ts'
import { findDisconnection } from './diff.ts'
import type { AcsCredential, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount, Issue } from './entities.ts'

/** What an error or warning of Seam's says about access. */
export type IssueEffect = {
  readonly code: AccessReasonCode
  /** Whether it forbids. */
  readonly blocking: boolean
  /** What Seam reports it on, for messages. */
  readonly subject: string
  readonly issue: Issue
}

/** Errors of an ACS user that leave what Latch already has in force. Any other error, an unknown one too, forbids. */
const nonBlockingUserErrors: ReadonlySet<string> = new Set([
  'failed_to_update_on_acs_system',
  'failed_to_delete_on_acs_system',
])

/**
 * Warnings that say that access does not work, or may not (Seam: Troubleshooting Your Access Control System). Other warnings say nothing
 * about access.
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
 * Effects of what Seam reports on an ACS user. `acs_user_inactive` is about this moment, so it forbids nothing where `isLater`: where
 * access at a later time is asked about.
 */
export function effectsOfUser(user: AcsUser, isAboutLater: boolean): IssueEffect[] {
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
      .map((issue) => ({ code: 'USER_INACTIVE' as const, blocking: !isAboutLater, subject, issue })),
    ...effectsOfIssues('USER_WARNING', subject, user.warnings, userWarnings),
  ]
}

/** Effects of the errors of a credential: any of them forbids. */
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

/** Effects of what Seam reports on an entrance: nothing of it says that the lock refuses, so nothing of it forbids. */
export function effectsOfEntrance(entrance: AcsEntrance): IssueEffect[] {
  return [
    ...effectsOfIssues('ENTRANCE_ERROR', 'entrance', entrance.errors),
    ...effectsOfIssues('ENTRANCE_WARNING', 'entrance', entrance.warnings, entranceWarnings),
  ]
}

/**
 * Effects of what Seam reports on an ACS system and its connected account: entrances go on without Seam, so nothing of it forbids. One
 * error often stands on both; it is one effect then.
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
