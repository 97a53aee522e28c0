import type { AcsCredential } from '../../model/entities.ts'
import type { AcsCredentialId } from '../../model/ids.ts'
import { isBeingDeleted } from '../../model/rules/person.ts'
import { isBefore } from '../../model/time.ts'
import type { SeamClient } from '../../seam/client.ts'
import { SeamError } from '../../seam/errors.ts'
import type { Tools } from '../command.ts'
import { isRefusal } from '../refusal.ts'
import type { Done, Step } from '../saga.ts'
import { credentialChange, userChange } from '../tell.ts'
import { unlessGone } from './gone.ts'
import type { Person } from './user-steps.ts'

/** What a person opens doors with now. */
async function heldBy(seam: SeamClient, { acsUserId }: Person): Promise<AcsCredential[]> {
  const rows = await seam.listCredentials({ acsUserId })
  return rows.filter((row) => !isBeingDeleted(row))
}

/**
 * Lets every credential of a person end at a moment, those that would last longer. One of which Seam refuses that is left as it is:
 * when the moment has come it goes with the others.
 */
export function endCredentialsStep({ seam }: Tools, person: Person, at: string): Step {
  const isLasting = ({ endsAt }: AcsCredential): boolean => endsAt === null || isBefore(at, endsAt)
  async function end(row: AcsCredential): Promise<AcsCredential | null> {
    try {
      await seam.updateCredential(row.acsCredentialId, { endsAt: at })
      return row
    } catch (error) {
      if (error instanceof SeamError && isRefusal(error)) return null
      throw error
    }
  }
  return {
    name: 'endCredentials',
    async do() {
      const lasting = (await heldBy(seam, person)).filter(isLasting)
      const ended = (await Promise.all(lasting.map(end))).filter((row) => row !== null)
      return {
        changes: ended.map((row) =>
          credentialChange('UPDATED', { ...row, acsEntranceIds: null }, ['endsAt']),
        ),
      }
    },
    find: async () => ((await heldBy(seam, person)).some(isLasting) ? null : {}),
  }
}

const revoked = (person: Person, ids: readonly string[]) =>
  ids.map((id) =>
    credentialChange('DELETED', { ...person, acsCredentialId: id as AcsCredentialId, acsEntranceIds: null }),
  )

/** Takes every credential of a person away. */
export function revokeAllStep({ seam }: Tools, person: Person, notBefore: number): Step {
  const idsHeld = async () => (await heldBy(seam, person)).map((row) => row.acsCredentialId)
  return {
    name: 'revokeCredentials',
    notBefore,
    before: idsHeld,
    async do(_facts, before) {
      await Promise.all((await idsHeld()).map((id) => unlessGone(seam.deleteCredential(id))))
      return { changes: revoked(person, before) }
    },
    async find(_facts, before) {
      return (await idsHeld()).length === 0 ? { changes: revoked(person, before) } : null
    },
  }
}

/**
 * Takes a person away with everything they open doors with, in one call to Seam: with their user identity, if it's nobody else's in
 * any building; Seam takes the person and their credentials away with it.
 */
export function removePersonStep({ seam }: Tools, person: Person, notBefore: number): Step {
  const { acsUserId } = person
  const done = (before: readonly string[]): Done => ({
    changes: [...revoked(person, before), userChange('DELETED', person)],
  })
  return {
    name: 'deleteAcsUser',
    notBefore,
    before: async () => (await heldBy(seam, person)).map((row) => row.acsCredentialId),
    async do(_facts, before) {
      const user = await seam.getUser(acsUserId)
      const identity = user?.userIdentityId == null ? null : await seam.getIdentity(user.userIdentityId)
      const isAlone = identity?.acsUserIds.every((id) => id === acsUserId) === true
      if (identity !== null && isAlone) await unlessGone(seam.deleteIdentity(identity.userIdentityId))
      else if (user !== null) await unlessGone(seam.deleteUser(acsUserId))
      return done(before)
    },
    async find(_facts, before) {
      const user = await seam.getUser(acsUserId)
      return user === null || isBeingDeleted(user) ? done(before) : null
    },
  }
}
