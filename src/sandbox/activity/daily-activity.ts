import { isDisconnected } from '../building.ts'
import { SandboxApiError } from '../http/api-error.ts'
import { type ActivityName, performActivity } from './activities.ts'
import type { ActivityContext, ActivityDetails } from './activity-target.ts'

/** The activities of a simulated day with their weights, which add up to about a hundred. */
const turnsOf: Partial<Record<ActivityName, number>> = {
  moveIn: 12,
  moveOut: 12,
  guestCode: 18,
  revoke: 16,
  reissue: 12,
  doorOffline: 6,
  doorOnline: 6,
  renameUser: 6,
  extendKey: 10,
  disconnect: 1,
}

const usual = Object.entries(turnsOf).flatMap(([act, turns]) =>
  new Array<ActivityName>(turns).fill(act as ActivityName),
)

/** Maximum number of residents who have moved in before some move out. */
const guestsAtMost = 8

/** Maximum number of guest access codes before the oldest are deleted. */
const codesAtMost = 12

/** Lifetime of a guest's access code in steps, unless it is deleted earlier. */
const codeTurns = 5

/** Number of steps for which a connected account stays disconnected. */
const turnsToRepair = 3

/**
 * Simulates a day, with one activity every `turnMs`. The residents of the seed stay: only residents and access codes that the simulation
 * has added are removed again, so that the population stays about constant.
 */
export function createDailyActivity(scene: ActivityContext, turnMs: number): { open(): void; turn(): void } {
  const movedIn: string[] = []
  const codes: string[] = []
  const offline: string[] = []
  let sinceDisconnect: number | null = null

  function soon(): string {
    return new Date(scene.building.clock.nowMs() + codeTurns * turnMs).toISOString()
  }

  /** Returns the activity that replaces the randomly chosen `act`, with its target, or `null` for a step without activity. */
  function decide(act: ActivityName): { act: ActivityName; details: ActivityDetails } | null {
    switch (act) {
      case 'moveIn':
      case 'moveOut':
        return movedIn.length >= guestsAtMost || (act === 'moveOut' && movedIn.length > 0)
          ? { act: 'moveOut', details: { acs_user_id: movedIn.shift() } }
          : { act: 'moveIn', details: {} }
      case 'guestCode':
      case 'revoke':
        return codes.length >= codesAtMost || (act === 'revoke' && codes.length > 0)
          ? { act: 'revoke', details: { acs_credential_id: act === 'revoke' ? codes.pop() : codes.shift() } }
          : { act: 'guestCode', details: { ends_at: soon() } }
      case 'doorOnline':
        return offline.length === 0 ? null : { act, details: { acs_entrance_id: offline.shift() } }
      default:
        return { act, details: {} }
    }
  }

  function remember(act: ActivityName, ids: Record<string, string>): void {
    if (act === 'moveIn' && ids.acs_user_id) movedIn.push(ids.acs_user_id)
    if (act === 'guestCode' && ids.acs_credential_id) codes.push(ids.acs_credential_id)
    if (act === 'doorOffline' && ids.acs_entrance_id) offline.push(ids.acs_entrance_id)
    if (act === 'disconnect') sinceDisconnect = 0
  }

  /** Returns whether a connected account is disconnected, which makes all other activity impossible. Repairs it after `turnsToRepair` steps. */
  function waitForRepair(): boolean {
    if (sinceDisconnect === null) return false
    sinceDisconnect += 1
    if (sinceDisconnect < turnsToRepair) return true
    sinceDisconnect = null
    for (const { connected_account_id } of scene.building.state.accounts.all()) {
      if (!isDisconnected(scene.building, connected_account_id)) continue
      performActivity(scene, 'repair', { connected_account_id })
    }
    return true
  }

  /** Starts with a move-in, which produces events immediately. */
  function open(): void {
    remember('moveIn', performActivity(scene, 'moveIn', {}))
  }

  function turn(): void {
    if (waitForRepair()) return
    const decided = decide(scene.dice.pick(usual))
    if (decided === null) return
    try {
      remember(decided.act, performActivity(scene, decided.act, decided.details))
    } catch (thrown) {
      // The target may have been deleted, or no object is eligible: the step is skipped.
      if (!(thrown instanceof SandboxApiError)) throw thrown
    }
  }

  return { open, turn }
}
