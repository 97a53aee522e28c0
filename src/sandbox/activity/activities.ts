import { deleteUser } from '../lifecycle/acs-users.ts'
import { disconnectAccount, repairAccount } from '../lifecycle/connected-accounts.ts'
import {
  changeCredentialEnd,
  createCredential,
  deleteCredential,
  invalidateCredential,
  issueCredential,
  reissueCredential,
} from '../lifecycle/credentials.ts'
import { addEntrance, removeEntrance, setEntranceOnline } from '../lifecycle/entrances.ts'
import { deleteIdentity } from '../lifecycle/user-identities.ts'
import { createPerson } from '../seed/person-names.ts'
import type { Credential, Entrance, User } from '../state/entities.ts'
import {
  type ActivityContext,
  type ActivityDetails,
  chooseAccount,
  chooseCredential,
  chooseEntrance,
  chooseSystem,
  chooseUser,
} from './activity-target.ts'
import { moveIn } from './move-in.ts'

/** Performs the activity. Returns the ids of the objects concerned. */
type Act = (scene: ActivityContext, details: ActivityDetails) => Record<string, string>

const weekMs = 7 * 24 * 3_600_000

/** Default lifetime of a guest's access code. */
const guestMs = 60_000

/** The activities that the sandbox can simulate. Seam has no event for those from `renameDoor` on. */
const activities = {
  disconnect: (scene, details) => {
    const account = chooseAccount(scene, details)
    disconnectAccount(scene.building, account)
    return { connected_account_id: account.connected_account_id }
  },
  repair: (scene, details) => {
    const account = chooseAccount(scene, details)
    repairAccount(scene.building, account)
    return { connected_account_id: account.connected_account_id }
  },
  moveIn,
  moveOut: (scene, details) => {
    const user = chooseUser(scene, details)
    const identity = scene.building.state.identities.get(user.user_identity_id ?? '')
    if (identity === undefined) deleteUser(scene.building, user)
    else deleteIdentity(scene.building, identity)
    return { acs_user_id: user.acs_user_id }
  },
  guestCode: (scene, details) => {
    const { building } = scene
    const user = chooseUser(scene, details)
    const door = chooseEntrance(scene, { ...details, acs_system_id: user.acs_system_id })
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
  expire: onCredential(isIssued, ({ building }, credential) => invalidateCredential(building, credential)),
  addDoor: (scene, details) => {
    const { acs_entrance_id } = addEntrance(scene.building, chooseSystem(scene, details))
    return { acs_entrance_id }
  },
  removeDoor: onDoor(({ building }, door) => removeEntrance(building, door)),
  renameDoor: onDoor(({ building }, door, { display_name = `${door.display_name} B` }) => {
    building.state.entrances.patch(door.acs_entrance_id, { display_name })
  }),
  doorOffline: onDoor(({ building }, door) => setEntranceOnline(building, door, false)),
  doorOnline: onDoor(({ building }, door) => setEntranceOnline(building, door, true)),
  renameSystem: (scene, details) => {
    const { acs_system_id, name } = chooseSystem(scene, details)
    scene.building.state.systems.patch(acs_system_id, { name: details.display_name ?? `${name} East` })
    return { acs_system_id }
  },
  renameUser: onUser(({ dice }, user, details) => {
    const [first] = user.full_name.split(' ')
    const [, last] = createPerson(dice.below(1000)).full_name.split(' ')
    return { full_name: details.full_name ?? `${first} ${last}` }
  }),
  suspendUser: onUser(() => ({ is_suspended: true })),
  unsuspendUser: onUser(() => ({ is_suspended: false })),
  extendKey: onCredential(
    ({ ends_at }) => ends_at !== undefined,
    ({ building }, { acs_credential_id, ends_at = '' }, details) => {
      const fromMs = Math.max(Date.parse(ends_at) || 0, building.clock.nowMs())
      changeCredentialEnd(building, acs_credential_id, details.ends_at ?? after(fromMs, weekMs))
    },
  ),
} satisfies Record<string, Act>

/** The name of an activity. */
export type ActivityName = keyof typeof activities

/** The names of all activities. */
export const activityNames = Object.keys(activities) as ActivityName[]

/** Performs one activity now. Returns the ids of the objects concerned. Throws a `SandboxApiError` if no object is eligible. */
export function performActivity(
  scene: ActivityContext,
  act: ActivityName,
  details: ActivityDetails = {},
): Record<string, string> {
  return activities[act](scene, details)
}

function onCredential(
  suits: (credential: Credential) => boolean,
  act: (scene: ActivityContext, credential: Credential, details: ActivityDetails) => void,
): Act {
  return (scene, details) => {
    const credential = chooseCredential(scene, details, suits)
    act(scene, credential, details)
    return { acs_credential_id: credential.acs_credential_id }
  }
}

function onDoor(act: (scene: ActivityContext, door: Entrance, details: ActivityDetails) => void): Act {
  return (scene, details) => {
    const door = chooseEntrance(scene, details)
    act(scene, door, details)
    return { acs_entrance_id: door.acs_entrance_id }
  }
}

function onUser(
  change: (scene: ActivityContext, user: User, details: ActivityDetails) => Partial<User>,
): Act {
  return (scene, details) => {
    const user = chooseUser(scene, details)
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
