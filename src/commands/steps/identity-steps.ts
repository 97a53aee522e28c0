import type { UserIdentityId } from '../../model/ids.ts'
import type { NewIdentity } from '../../seam/inputs.ts'
import type { Tools } from '../command.ts'
import type { Done, Facts, Step } from '../saga.ts'
import { userChange } from '../tell.ts'
import { unlessGone } from './gone.ts'
import type { Person } from './user-steps.ts'

/** What creating an identity leaves in the facts. */
export type IdentityFacts = Facts & { readonly userIdentityId: UserIdentityId }

const done = (userIdentityId: UserIdentityId): Done => ({ facts: { userIdentityId } })

/**
 * Creates a user identity. Keys are unique in a workspace, so one whose answer was lost is known by its key; where nobody gives one,
 * it's made from the name of this run.
 */
export function createIdentityStep({ seam, id, claim }: Tools, identity: NewIdentity): Step {
  const key = identity.key ?? `latchkey-${id}`
  return {
    name: 'createUserIdentity',
    lock: () => `identity ${key}`,
    fields: { user_identity_key: 'userIdentityKey' },
    async before() {
      const row = await seam.getIdentityByKey(key)
      return row === null ? [] : [row.userIdentityId]
    },
    async do() {
      const { userIdentityId } = await seam.createIdentity({ ...identity, key })
      await claim(userIdentityId)
      return done(userIdentityId)
    },
    async find(_facts, before) {
      const row = await seam.getIdentityByKey(key)
      const isOurs = row !== null && !before.includes(row.userIdentityId) && (await claim(row.userIdentityId))
      return isOurs ? done(row.userIdentityId) : null
    },
    async undo(facts) {
      const { userIdentityId } = facts as IdentityFacts
      const row = await seam.getIdentity(userIdentityId)
      // Seam takes an identity's people away with it: those that weren't made together with it must stay.
      const isOthers = row?.acsUserIds.some((acsUserId) => acsUserId !== facts.acsUserId) ?? true
      if (!isOthers) await unlessGone(seam.deleteIdentity(userIdentityId))
      return []
    },
  }
}

/** Links a person to an identity. */
export function linkIdentityStep(
  { seam }: Tools,
  person: Person,
  identityOf: (facts: Facts) => UserIdentityId,
): Step {
  const done: Done = { changes: [userChange('UPDATED', person, ['userIdentity'])] }
  return {
    name: 'linkUserIdentity',
    async do(facts) {
      await seam.addUserToIdentity({ acsUserId: person.acsUserId, userIdentityId: identityOf(facts) })
      return done
    },
    async find(facts) {
      const row = await seam.getUser(person.acsUserId)
      return row?.userIdentityId === identityOf(facts) ? done : null
    },
    async undo(facts) {
      await seam.removeUserFromIdentity({
        acsUserId: person.acsUserId,
        userIdentityId: identityOf(facts),
      })
      return [userChange('UPDATED', person, ['userIdentity'])]
    },
  }
}
