import { type ActName, perform } from './acts/acts.ts'
import type { ActDetails, Scene } from './acts/choose.ts'
import { isDisconnected } from './building.ts'
import { Refusal } from './refusal.ts'

/** What a day is made of, and how many turns of a hundred or so each thing takes. */
const turnsOf: Partial<Record<ActName, number>> = {
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
  new Array<ActName>(turns).fill(act as ActName),
)

/** How many people the day lets in at most before some have to leave again. */
const guestsAtMost = 8

/** How many guest codes there are at most before the oldest are taken away. */
const codesAtMost = 12

/** The turns a guest's code lasts, unless it is taken away before. */
const codeTurns = 5

/** The turns an account stays disconnected. */
const turnsToRepair = 3

/**
 * Goes on with a believable day, one thing a turn, a turn every `turnMs`. Whoever was there from the start stays: only people
 * and codes that the day itself brought leave again, so that the population is about the same for ever.
 */
export function createDay(scene: Scene, turnMs: number): { turn(): void } {
  const movedIn: string[] = []
  const codes: string[] = []
  const offline: string[] = []
  let sinceDisconnect: number | null = null

  function soon(): string {
    return new Date(scene.building.clock.nowMs() + codeTurns * turnMs).toISOString()
  }

  /** What really happens when chance says `act`, and to whom. Null is a quiet turn. */
  function decide(act: ActName): { act: ActName; details: ActDetails } | null {
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

  function remember(act: ActName, ids: Record<string, string>): void {
    if (act === 'moveIn' && ids.acs_user_id) movedIn.push(ids.acs_user_id)
    if (act === 'guestCode' && ids.acs_credential_id) codes.push(ids.acs_credential_id)
    if (act === 'doorOffline' && ids.acs_entrance_id) offline.push(ids.acs_entrance_id)
    if (act === 'disconnect') sinceDisconnect = 0
  }

  /** While an account is disconnected nothing else can happen at Latch. */
  function waitForRepair(): boolean {
    if (sinceDisconnect === null) return false
    sinceDisconnect += 1
    if (sinceDisconnect < turnsToRepair) return true
    sinceDisconnect = null
    for (const { connected_account_id } of scene.building.state.accounts.all()) {
      if (!isDisconnected(scene.building, connected_account_id)) continue
      perform(scene, 'repair', { connected_account_id })
    }
    return true
  }

  function turn(): void {
    if (waitForRepair()) return
    const decided = decide(scene.dice.pick(usual))
    if (decided === null) return
    try {
      remember(decided.act, perform(scene, decided.act, decided.details))
    } catch (thrown) {
      // Whoever it was about may be gone by now, or there is nobody left: then it's a quiet turn.
      if (!(thrown instanceof Refusal)) throw thrown
    }
  }

  return { turn }
}
