import type { Credential, Entrance, User } from '../entities.ts'
import { disconnectAccount, repairAccount } from '../life/accounts.ts'
import {
  createCredential,
  deleteCredential,
  endCredential,
  issueCredential,
  moveEnd,
  reissueCredential,
} from '../life/credentials.ts'
import { addDoor, removeDoor, setDoorOnline } from '../life/doors.ts'
import { deleteIdentity } from '../life/identities.ts'
import { deleteUser } from '../life/users.ts'
import { personAt } from '../seed/people.ts'
import {
  type ActDetails,
  chosenAccount,
  chosenCredential,
  chosenDoor,
  chosenSystem,
  chosenUser,
  type Scene,
} from './choose.ts'
import { moveIn } from './move-in.ts'

/** Lets something happen; answers the ids of what it happened to. */
type Act = (scene: Scene, details: ActDetails) => Record<string, string>

const weekMs = 7 * 24 * 3_600_000

/** How long a guest's code lasts when nobody says. */
const guestMs = 60_000

/** What can happen in the building by itself. Those from `renameDoor` on are silent: Seam has no event for them. */
const acts = {
  disconnect: (scene, details) => {
    const account = chosenAccount(scene, details)
    disconnectAccount(scene.building, account)
    return { connected_account_id: account.connected_account_id }
  },
  repair: (scene, details) => {
    const account = chosenAccount(scene, details)
    repairAccount(scene.building, account)
    return { connected_account_id: account.connected_account_id }
  },
  moveIn,
  moveOut: (scene, details) => {
    const user = chosenUser(scene, details)
    const identity = scene.building.state.identities.get(user.user_identity_id ?? '')
    if (identity === undefined) deleteUser(scene.building, user)
    else deleteIdentity(scene.building, identity)
    return { acs_user_id: user.acs_user_id }
  },
  guestCode: (scene, details) => {
    const { building } = scene
    const user = chosenUser(scene, details)
    const door = chosenDoor(scene, { ...details, acs_system_id: user.acs_system_id })
    const credential = createCredential(building, {
      user,
      access_method: 'code',
      entrance_ids: [door.acs_entrance_id],
      starts_at: building.clock.stamp(),
      ends_at: details.ends_at ?? after(building.clock.nowMs(), guestMs),
    })
    return { acs_credential_id: credential.acs_credential_id }
  },
  issue: onCredential(
    (credential) => credential.stage !== 'issued',
    ({ building }, { acs_credential_id }) => issueCredential(building, acs_credential_id),
  ),
  reissue: onCredential(isIssued, ({ building }, credential) => reissueCredential(building, credential)),
  revoke: onCredential(isIssued, ({ building }, credential) => deleteCredential(building, credential)),
  expire: onCredential(isIssued, ({ building }, credential) => endCredential(building, credential)),
  addDoor: (scene, details) => {
    const { acs_entrance_id } = addDoor(scene.building, chosenSystem(scene, details))
    return { acs_entrance_id }
  },
  removeDoor: onDoor(({ building }, door) => removeDoor(building, door)),
  renameDoor: onDoor(({ building }, door, { display_name = `${door.display_name} B` }) => {
    building.state.entrances.patch(door.acs_entrance_id, { display_name })
  }),
  doorOffline: onDoor(({ building }, door) => setDoorOnline(building, door, false)),
  doorOnline: onDoor(({ building }, door) => setDoorOnline(building, door, true)),
  renameSystem: (scene, details) => {
    const { acs_system_id, name } = chosenSystem(scene, details)
    scene.building.state.systems.patch(acs_system_id, { name: details.display_name ?? `${name} East` })
    return { acs_system_id }
  },
  renameUser: onUser(({ dice }, user, details) => {
    const [first] = user.full_name.split(' ')
    const [, last] = personAt(dice.below(1000)).full_name.split(' ')
    return { full_name: details.full_name ?? `${first} ${last}` }
  }),
  suspendUser: onUser(() => ({ is_suspended: true })),
  unsuspendUser: onUser(() => ({ is_suspended: false })),
  extendKey: onCredential(
    ({ ends_at }) => ends_at !== undefined,
    ({ building }, { acs_credential_id, ends_at = '' }, details) => {
      const fromMs = Math.max(Date.parse(ends_at) || 0, building.clock.nowMs())
      moveEnd(building, acs_credential_id, details.ends_at ?? after(fromMs, weekMs))
    },
  ),
} satisfies Record<string, Act>

/** The name of something that can happen in the building. */
export type ActName = keyof typeof acts

/** All names, for whoever asks what can happen. */
export const actNames = Object.keys(acts) as ActName[]

/** Lets one thing happen now; answers the ids of what it happened to. Throws a `Refusal` when there is nothing it can happen to. */
export function perform(scene: Scene, act: ActName, details: ActDetails = {}): Record<string, string> {
  return acts[act](scene, details)
}

function onCredential(
  suits: (credential: Credential) => boolean,
  act: (scene: Scene, credential: Credential, details: ActDetails) => void,
): Act {
  return (scene, details) => {
    const credential = chosenCredential(scene, details, suits)
    act(scene, credential, details)
    return { acs_credential_id: credential.acs_credential_id }
  }
}

function onDoor(act: (scene: Scene, door: Entrance, details: ActDetails) => void): Act {
  return (scene, details) => {
    const door = chosenDoor(scene, details)
    act(scene, door, details)
    return { acs_entrance_id: door.acs_entrance_id }
  }
}

function onUser(change: (scene: Scene, user: User, details: ActDetails) => Partial<User>): Act {
  return (scene, details) => {
    const user = chosenUser(scene, details)
    scene.building.state.users.patch(user.acs_user_id, change(scene, user, details))
    return { acs_user_id: user.acs_user_id }
  }
}

function isIssued(credential: Credential): boolean {
  return credential.stage === 'issued'
}

function after(fromMs: number, lastsMs: number): string {
  return new Date(fromMs + lastsMs).toISOString()
}
