import type { AcsCredential } from '../../model/entities.ts'
import type { AcsCredentialId, UserIdentityId } from '../../model/ids.ts'
import { isBeingDeleted } from '../../model/rules/acs-user-details.ts'
import type { SeamClient } from '../../seam/client.ts'
import type { StepTools } from '../command.ts'
import { createAcsUserChange, createCredentialChange } from '../publishing/mutation-changes.ts'
import type { CommandFacts, Step, StepResult } from '../saga.ts'
import { refuseIfReplaced } from '../scheduling/move-out-requests.ts'
import type { AcsUserRef } from './acs-user-steps.ts'
import { ignoreNotFound } from './ignore-not-found.ts'
import { settleAll } from './settle-all.ts'

/** Lists the credentials of an ACS user without those that are being deleted. */
export async function listActiveCredentials(
  seam: SeamClient,
  { acsUserId }: AcsUserRef,
): Promise<AcsCredential[]> {
  const rows = await seam.listCredentials({ acsUserId })
  return rows.filter((row) => !isBeingDeleted(row))
}

/** Changed fields of the ACS user after a move-out was scheduled, changed, cancelled or carried out. */
export const scheduledMoveOutField = ['scheduledMoveOut'] as const

const createRevokeChanges = (acsUser: AcsUserRef, ids: readonly string[]) =>
  ids.map((id) =>
    createCredentialChange('DELETED', {
      ...acsUser,
      acsCredentialId: id as AcsCredentialId,
      acsEntranceIds: null,
    }),
  )

/** Checks before a removal is sent. Rejects with `MutationRefused` and `OutcomeUnsettled`. */
async function ensureRemovalAllowed(
  { commandId, moveOuts }: StepTools,
  { acsUser: { acsUserId }, askedAt }: Removal,
): Promise<void> {
  refuseIfReplaced(await moveOuts.find(acsUserId), { id: commandId, askedAt })
  await moveOuts.refuseWhileLaterUnsettled(acsUserId, { id: commandId, askedAt })
}

/** Prefix of the entry for the user identity in the ids that are stored before a removal. The other entries are credential ids. */
const identityIdPrefix = 'user identity '

async function listIdsBeforeRemoval(seam: SeamClient, acsUser: AcsUserRef): Promise<readonly string[]> {
  const [credentials, user] = await Promise.all([
    listActiveCredentials(seam, acsUser),
    seam.getUser(acsUser.acsUserId),
  ])
  const ids = credentials.map((row) => row.acsCredentialId)
  return user?.userIdentityId == null ? ids : [...ids, `${identityIdPrefix}${user.userIdentityId}`]
}

const parseCredentialIds = (storedIds: readonly string[]): readonly string[] =>
  storedIds.filter((id) => !id.startsWith(identityIdPrefix))

/** Returns the user identity that the ACS user had before its removal, as a fact. */
function parseIdentityFacts(storedIds: readonly string[]): CommandFacts {
  const entry = storedIds.find((id) => id.startsWith(identityIdPrefix))
  return entry === undefined ? {} : { userIdentityId: entry.slice(identityIdPrefix.length) as UserIdentityId }
}

type Removal = {
  readonly acsUser: AcsUserRef
  readonly askedAt: string
  /** Earliest time of the removal, in ms since the epoch. */
  readonly notBefore: number
}

/**
 * Runs a removal unless a later request has replaced it, and deletes the schedule. Returns whether there was a schedule. Rejects with
 * `MutationRefused`.
 */
async function runRemoval(
  { commandId, moveOuts }: StepTools,
  { acsUser: { acsUserId }, askedAt }: Removal,
  run: () => Promise<void>,
): Promise<boolean> {
  return moveOuts.withLock(acsUserId, async () => {
    const lastRequest = await moveOuts.find(acsUserId)
    refuseIfReplaced(lastRequest, { id: commandId, askedAt })
    await run()
    await moveOuts.save(acsUserId, { id: commandId, askedAt, scheduled: null })
    if (lastRequest !== null && lastRequest.scheduled !== null && lastRequest.id !== commandId)
      await moveOuts.closeReplacedCommand(lastRequest.id)
    await moveOuts.deleteOriginalEnds(commandId)
    // A record of this removal itself is from an attempt that may have ended before it published its changes.
    return lastRequest !== null && (lastRequest.scheduled !== null || lastRequest.id === commandId)
  })
}

/** Revokes every credential of an ACS user. */
export function revokeAllCredentialsStep(tools: StepTools, removal: Removal): Step {
  const { seam } = tools
  const { acsUser, notBefore } = removal
  const listHeldIds = async () =>
    (await listActiveCredentials(seam, acsUser)).map((row) => row.acsCredentialId)
  const toResult = (idsBeforeRemoval: readonly string[], isScheduled: boolean): StepResult => ({
    facts: parseIdentityFacts(idsBeforeRemoval),
    changes: [
      ...createRevokeChanges(acsUser, parseCredentialIds(idsBeforeRemoval)),
      ...(isScheduled ? [createAcsUserChange('UPDATED', acsUser, scheduledMoveOutField)] : []),
    ],
  })
  const revokeAll = (idsBeforeRemoval: readonly string[], remainingIds: readonly AcsCredentialId[]) =>
    runRemoval(tools, removal, async () => {
      await settleAll(
        remainingIds.map(async (each) => {
          await ignoreNotFound(seam.deleteCredential(each))
          return createRevokeChanges(acsUser, [each])
        }),
      )
    }).then((isScheduled) => toResult(idsBeforeRemoval, isScheduled))
  return {
    name: 'revokeCredentials',
    notBefore,
    async listExisting() {
      await ensureRemovalAllowed(tools, removal)
      return listIdsBeforeRemoval(seam, acsUser)
    },
    execute: async (_facts, idsBefore) => revokeAll(idsBefore, await listHeldIds()),
    findResult: async (_facts, idsBefore) =>
      (await listHeldIds()).length === 0 ? revokeAll(idsBefore, []) : null,
  }
}

/**
 * Deletes an ACS user with every credential, in one call to Seam: by the user identity, where it has no other ACS user in any system;
 * Seam deletes the ACS user and the credentials with it.
 */
export function removeAcsUserStep(tools: StepTools, removal: Removal): Step {
  const { seam } = tools
  const { acsUser, notBefore } = removal
  const { acsUserId } = acsUser
  const toResult = (idsBefore: readonly string[]): StepResult => ({
    facts: parseIdentityFacts(idsBefore),
    changes: [
      ...createRevokeChanges(acsUser, parseCredentialIds(idsBefore)),
      createAcsUserChange('DELETED', acsUser),
    ],
  })
  async function removeAcsUser(): Promise<void> {
    const user = await seam.getUser(acsUserId)
    const identity = user?.userIdentityId == null ? null : await seam.getIdentity(user.userIdentityId)
    const isOnlyAcsUser = identity?.acsUserIds.every((id) => id === acsUserId) === true
    if (identity !== null && isOnlyAcsUser) await ignoreNotFound(seam.deleteIdentity(identity.userIdentityId))
    else if (user !== null) await ignoreNotFound(seam.deleteUser(acsUserId))
  }
  return {
    name: 'deleteAcsUser',
    notBefore,
    async listExisting() {
      await ensureRemovalAllowed(tools, removal)
      return listIdsBeforeRemoval(seam, acsUser)
    },
    async execute(_facts, idsBefore) {
      await runRemoval(tools, removal, removeAcsUser)
      return toResult(idsBefore)
    },
    async findResult(_facts, idsBefore) {
      const user = await seam.getUser(acsUserId)
      if (user !== null && !isBeingDeleted(user)) return null
      await runRemoval(tools, removal, async () => undefined)
      return toResult(idsBefore)
    },
  }
}
