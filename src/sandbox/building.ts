import type { Clock, Timers } from './clock.ts'
import type { Problem, Warning } from './entities.ts'
import type { Events } from './events.ts'
import type { State } from './state.ts'

/** The workspace that lives in this process: what it holds, what happens in it, and how fast Latch is. */
export type Building = {
  readonly workspaceId: string
  readonly state: State
  readonly events: Events
  readonly clock: Clock
  readonly timers: Timers
  /** How long Latch takes to carry out what Seam asks, in milliseconds; 0 is at once. */
  readonly issueDelayMs: number
  /** How long a deleted user or credential stays visible, marked `being_deleted`; 0 is not at all. */
  readonly deleteDelayMs: number
}

/** A warning that begins now. */
export function warning(building: Building, warning_code: string, message: string): Warning {
  return { warning_code, message, created_at: building.clock.stamp() }
}

/** An error that begins now. */
export function problem(building: Building, error_code: string, message: string): Problem {
  return { error_code, message, created_at: building.clock.stamp() }
}

/** `warnings` with `being_deleted` in it, once. */
export function withBeingDeleted(building: Building, warnings: Warning[]): Warning[] {
  if (warnings.some((one) => one.warning_code === 'being_deleted')) return warnings
  return [...warnings, warning(building, 'being_deleted', 'This is being deleted.')]
}

/** True while Seam can't reach Latch through this account. */
export function isDisconnected(building: Building, connectedAccountId: string): boolean {
  const errors = building.state.accounts.get(connectedAccountId)?.errors ?? []
  return errors.some((error) => error.error_code === 'account_disconnected')
}
