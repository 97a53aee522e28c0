import type { Clock, Timers } from './clock.ts'
import type { SeamIssueError, SeamIssueWarning } from './state/entities.ts'
import type { EventLog } from './state/event-log.ts'
import type { State } from './state/state.ts'

/** The simulated workspace: its state, its events, and the latency of Latch. */
export type Building = {
  readonly workspaceId: string
  readonly state: State
  readonly events: EventLog
  readonly clock: Clock
  readonly timers: Timers
  /** How long Latch takes to apply a change, in milliseconds; 0 applies it synchronously. */
  readonly issueDelayMs: number
  /** How long a deleted ACS user or credential stays visible with the warning `being_deleted`, in milliseconds; 0 deletes it at once. */
  readonly deleteDelayMs: number
}

/** Creates a warning with the current time. */
export function createWarning(building: Building, warning_code: string, message: string): SeamIssueWarning {
  return { warning_code, message, created_at: building.clock.stamp() }
}

/** Creates an error with the current time. */
export function createProblem(building: Building, error_code: string, message: string): SeamIssueError {
  return { error_code, message, created_at: building.clock.stamp() }
}

/** Returns `warnings` with exactly one `being_deleted`. */
export function addBeingDeletedWarning(building: Building, warnings: SeamIssueWarning[]): SeamIssueWarning[] {
  if (warnings.some((one) => one.warning_code === 'being_deleted')) return warnings
  return [...warnings, createWarning(building, 'being_deleted', 'This is being deleted.')]
}

/** Whether Latch no longer accepts the login of the connected account. */
export function isDisconnected(building: Building, connectedAccountId: string): boolean {
  const errors = building.state.accounts.get(connectedAccountId)?.errors ?? []
  return errors.some((error) => error.error_code === 'account_disconnected')
}
