import type { AcsCredential } from '../../model/entities.ts'
import type { AcsCredentialId, AcsEntranceId, AcsUserId } from '../../model/ids.ts'
import { isBeingDeleted } from '../../model/rules/acs-user-details.ts'
import type { IssuableMethod } from '../../model/rules/entrance-methods.ts'
import { isSameTime } from '../../model/time.ts'
import type { NewCredential } from '../../seam/objects/write-inputs.ts'
import type { StepTools } from '../command.ts'
import { createCredentialChange } from '../publishing/mutation-changes.ts'
import type { CommandFacts, Step, StepResult } from '../saga.ts'
import type { AcsUserRef } from './acs-user-steps.ts'
import { createAndClaim } from './create-and-claim.ts'
import { ignoreNotFound } from './ignore-not-found.ts'

/** A credential that is to be issued. */
export type PlannedCredential = {
  readonly accessMethod: IssuableMethod
  readonly acsEntranceIds: readonly AcsEntranceId[]
  readonly startsAt: string | null
  readonly endsAt: string | null
}

/**
 * Issues a credential. After a lost answer, the new credential is one with the same access method, end and entrances that did not exist before.
 * `factKey` is the key of its id in the facts.
 */
export function issueCredentialStep(
  tools: StepTools,
  planned: PlannedCredential,
  readAcsUserRef: (facts: CommandFacts) => AcsUserRef,
  factKey: string,
): Step {
  const { seam, claim } = tools
  const toResult = (facts: CommandFacts, acsCredentialId: AcsCredentialId): StepResult => {
    const { acsCredentialIds = {} } = facts
    return {
      facts: { acsCredentialIds: { ...acsCredentialIds, [factKey]: acsCredentialId } },
      changes: [createIssueChange('CREATED', acsCredentialId, readAcsUserRef(facts), planned)],
      createdId: acsCredentialId,
    }
  }
  const listHeldCredentials = (facts: CommandFacts) =>
    seam.listCredentials({ acsUserId: readAcsUserRef(facts).acsUserId })
  async function findResult(facts: CommandFacts, existingIds: readonly string[]): Promise<StepResult | null> {
    for (const row of await listHeldCredentials(facts)) {
      const isCreatedHere =
        !existingIds.includes(row.acsCredentialId) &&
        isSameCredential(row, planned) &&
        (await hasExactEntrances(tools, row.acsCredentialId, planned.acsEntranceIds)) &&
        (await claim(row.acsCredentialId))
      if (isCreatedHere) return toResult(facts, row.acsCredentialId)
    }
    return null
  }
  return {
    name: planned.accessMethod === 'code' ? 'issueCode' : 'issueMobileKey',
    lockName: (facts) => `credentials ${readAcsUserRef(facts).acsUserId}`,
    inputFieldNames: {
      allowed_acs_entrance_ids: planned.accessMethod === 'code' ? 'acsEntranceId' : 'acsEntranceIds',
    },
    listExisting: async (facts) => (await listHeldCredentials(facts)).map((row) => row.acsCredentialId),
    execute: (facts, existingIds) =>
      createAndClaim({
        create: async () =>
          (await seam.createCredential(toNewCredential(planned, readAcsUserRef(facts).acsUserId)))
            .acsCredentialId,
        claim,
        findUnclaimed: () => findResult(facts, existingIds),
        toResult: (acsCredentialId) => toResult(facts, acsCredentialId),
      }),
    findResult,
    async undo(facts) {
      const acsCredentialId = facts.acsCredentialIds?.[factKey]
      if (acsCredentialId === undefined) return []
      await ignoreNotFound(seam.deleteCredential(acsCredentialId))
      return [createIssueChange('DELETED', acsCredentialId, readAcsUserRef(facts), planned)]
    },
  }
}

function createIssueChange(
  kind: 'CREATED' | 'DELETED',
  acsCredentialId: AcsCredentialId,
  acsUser: AcsUserRef,
  { acsEntranceIds, accessMethod }: PlannedCredential,
) {
  return createCredentialChange(kind, { ...acsUser, acsCredentialId, acsEntranceIds, accessMethod })
}

/** The rules guarantee the number of entrances that the access method needs. */
function toNewCredential(
  { acsEntranceIds, ...rest }: PlannedCredential,
  acsUserId: AcsUserId,
): NewCredential {
  return { ...rest, acsUserId, acsEntranceIds } as unknown as NewCredential
}

/** Whether a credential has the planned values. The start is not compared, since Seam changes one in the past. */
function isSameCredential(row: AcsCredential, planned: PlannedCredential): boolean {
  return (
    row.accessMethod === planned.accessMethod &&
    isSameTime(row.endsAt, planned.endsAt) &&
    !isBeingDeleted(row)
  )
}

async function hasExactEntrances(
  { seam }: StepTools,
  id: AcsCredentialId,
  expectedIds: readonly AcsEntranceId[],
): Promise<boolean> {
  const entranceIds = (await seam.listEntrancesOfCredential(id)).map((entrance) => entrance.acsEntranceId)
  return (
    entranceIds.length === expectedIds.length &&
    expectedIds.every((entrance) => entranceIds.includes(entrance))
  )
}

/** An existing credential. */
export type CredentialRef = {
  readonly acsCredentialId: AcsCredentialId
  readonly acsSystemId: AcsCredential['acsSystemId']
  readonly acsUserId: AcsUserId | null
  /** Absent in commands that an earlier version saved. */
  readonly accessMethod?: string
}

/** Updates the end of a credential, its only field that Seam can update. */
export function updateCredentialEndStep(
  { seam }: StepTools,
  credential: CredentialRef,
  endsAt: string,
): Step {
  const result: StepResult = {
    changes: [createCredentialChange('UPDATED', { ...credential, acsEntranceIds: null }, ['endsAt'])],
  }
  return {
    name: 'updateCredential',
    async execute() {
      await seam.updateCredential(credential.acsCredentialId, { endsAt })
      return result
    },
    async findResult() {
      const row = await seam.getCredential(credential.acsCredentialId)
      return row !== null && isSameTime(row.endsAt, endsAt) ? result : null
    },
  }
}

/** Deletes a credential. */
export function revokeCredentialStep(
  { seam }: StepTools,
  credential: CredentialRef,
  name = 'revokeCredential',
): Step {
  const result: StepResult = {
    changes: [createCredentialChange('DELETED', { ...credential, acsEntranceIds: null })],
  }
  return {
    name,
    async execute() {
      await ignoreNotFound(seam.deleteCredential(credential.acsCredentialId))
      return result
    },
    async findResult() {
      const row = await seam.getCredential(credential.acsCredentialId)
      return row === null || isBeingDeleted(row) ? result : null
    },
  }
}

/** Issues a credential in place of another one, and then deletes the other one. */
export function replaceCredentialSteps(
  tools: StepTools,
  replaced: CredentialRef,
  planned: PlannedCredential,
  acsUser: AcsUserRef,
  factKey: string,
): readonly Step[] {
  return [
    issueCredentialStep(tools, planned, () => acsUser, factKey),
    revokeCredentialStep(tools, replaced, 'revokeReplaced'),
  ]
}
