import type { AcsCredential } from '../../model/entities.ts'
import type { AcsCredentialId, AcsEntranceId, AcsUserId } from '../../model/ids.ts'
import type { IssuedMethod } from '../../model/rules/doors.ts'
import { isBeingDeleted } from '../../model/rules/person.ts'
import { timeKey } from '../../model/time.ts'
import type { NewCredential } from '../../seam/inputs.ts'
import type { Tools } from '../command.ts'
import type { Done, Facts, Step } from '../saga.ts'
import { credentialChange } from '../tell.ts'
import { unlessGone } from './gone.ts'
import type { Person } from './user-steps.ts'

/** A credential as it's to be issued. */
export type PlannedCredential = {
  readonly accessMethod: IssuedMethod
  readonly acsEntranceIds: readonly AcsEntranceId[]
  readonly startsAt: string | null
  readonly endsAt: string | null
}

/** Ids of the credentials that a command issued, by the names under which it keeps them. */
export type CredentialFacts = Facts & {
  readonly acsCredentialIds?: Readonly<Record<string, AcsCredentialId>>
}

/** What a command issued, in the order in which it did. */
export function issuedIn(facts: Facts): readonly AcsCredentialId[] {
  return Object.values((facts as CredentialFacts).acsCredentialIds ?? {})
}

/**
 * Issues a credential. One whose answer was lost is known by its method, its end and its doors, and by not having been there before.
 * `as` names it among those that the command issues.
 */
export function issueStep(
  tools: Tools,
  wanted: PlannedCredential,
  personOf: (facts: Facts) => Person,
  { name, as }: { readonly name: string; readonly as: string },
): Step {
  const { seam, claim } = tools
  const done = (facts: Facts, acsCredentialId: AcsCredentialId): Done => {
    const { acsCredentialIds = {} } = facts as CredentialFacts
    return {
      facts: { acsCredentialIds: { ...acsCredentialIds, [as]: acsCredentialId } },
      changes: [change('CREATED', acsCredentialId, personOf(facts), wanted)],
    }
  }
  const held = (facts: Facts) => seam.listCredentials({ acsUserId: personOf(facts).acsUserId })
  return {
    name,
    lock: (facts) => `credentials ${personOf(facts).acsUserId}`,
    fields: { allowed_acs_entrance_ids: wanted.accessMethod === 'code' ? 'acsEntranceId' : 'acsEntranceIds' },
    before: async (facts) => (await held(facts)).map((row) => row.acsCredentialId),
    async do(facts) {
      const { acsCredentialId } = await seam.createCredential(
        newCredential(wanted, personOf(facts).acsUserId),
      )
      await claim(acsCredentialId)
      return done(facts, acsCredentialId)
    },
    async find(facts, before) {
      for (const row of await held(facts)) {
        const isOurs =
          !before.includes(row.acsCredentialId) &&
          isLike(row, wanted) &&
          (await opensThose(tools, row.acsCredentialId, wanted.acsEntranceIds)) &&
          (await claim(row.acsCredentialId))
        if (isOurs) return done(facts, row.acsCredentialId)
      }
      return null
    },
    async undo(facts) {
      const acsCredentialId = (facts as CredentialFacts).acsCredentialIds?.[as]
      if (acsCredentialId === undefined) return []
      await unlessGone(seam.deleteCredential(acsCredentialId))
      return [change('DELETED', acsCredentialId, personOf(facts), wanted)]
    },
  }
}

function change(
  kind: 'CREATED' | 'DELETED',
  acsCredentialId: AcsCredentialId,
  person: Person,
  { acsEntranceIds }: PlannedCredential,
) {
  return credentialChange(kind, { ...person, acsCredentialId, acsEntranceIds })
}

/** The rules have seen to it that there are as many doors as the method takes. */
function newCredential({ acsEntranceIds, ...rest }: PlannedCredential, acsUserId: AcsUserId): NewCredential {
  return { ...rest, acsUserId, acsEntranceIds } as unknown as NewCredential
}

/** The start isn't compared: Seam moves one that lies behind. */
function isLike(row: AcsCredential, wanted: PlannedCredential): boolean {
  const isSameEnd =
    row.endsAt === null || wanted.endsAt === null
      ? row.endsAt === wanted.endsAt
      : timeKey(row.endsAt) === timeKey(wanted.endsAt)
  return row.accessMethod === wanted.accessMethod && isSameEnd && !isBeingDeleted(row)
}

async function opensThose(
  { seam }: Tools,
  id: AcsCredentialId,
  wanted: readonly AcsEntranceId[],
): Promise<boolean> {
  const doors = (await seam.entrancesOfCredential(id)).map((door) => door.acsEntranceId)
  return doors.length === wanted.length && wanted.every((door) => doors.includes(door))
}

/** A credential that is there. */
export type Held = {
  readonly acsCredentialId: AcsCredentialId
  readonly acsSystemId: AcsCredential['acsSystemId']
  readonly acsUserId: AcsUserId | null
}

/** Moves a credential's end, the one thing of it that Seam changes in place. */
export function moveEndStep({ seam }: Tools, held: Held, endsAt: string): Step {
  const done: Done = {
    changes: [credentialChange('UPDATED', { ...held, acsEntranceIds: null }, ['endsAt'])],
  }
  return {
    name: 'updateCredential',
    async do() {
      await seam.updateCredential(held.acsCredentialId, { endsAt })
      return done
    },
    async find() {
      const row = await seam.getCredential(held.acsCredentialId)
      return row !== null && row.endsAt !== null && timeKey(row.endsAt) === timeKey(endsAt) ? done : null
    },
  }
}

/** Takes a credential away. */
export function revokeStep({ seam }: Tools, held: Held, name = 'revokeCredential'): Step {
  const done: Done = { changes: [credentialChange('DELETED', { ...held, acsEntranceIds: null })] }
  return {
    name,
    async do() {
      await unlessGone(seam.deleteCredential(held.acsCredentialId))
      return done
    },
    async find() {
      const row = await seam.getCredential(held.acsCredentialId)
      return row === null || isBeingDeleted(row) ? done : null
    },
  }
}
