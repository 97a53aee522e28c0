import type { AcsUser, UserIdentity } from '../../model/entities.ts'
import type { AcsSystemId, UserIdentityId } from '../../model/ids.ts'
import { isBeingDeleted } from '../../model/rules/acs-user-details.ts'
import {
  type ContactDetails,
  conflictingFields,
  listFieldLabels,
  matchingFields,
} from '../../model/rules/identity-match.ts'
import { createRefusal, MutationRefused } from '../../model/user-error.ts'
import type { SeamReads } from '../../seam/objects/seam-reads.ts'
import type { CommandContext } from '../command.ts'
import { findMatchingIdentities } from '../steps/matching-user-identities.ts'
import { findUserIdentity } from './id-resolution.ts'

/** The user identity for an ACS user: an existing one, or a new one with these contact details. */
export type PlannedIdentity =
  | { readonly userIdentityId: UserIdentityId }
  | (ContactDetails & { readonly userIdentityId: null })

/** Optional fields of an input that select the user identity. */
export type IdentityInput = {
  readonly userIdentityId?: string | null | undefined
  /** Whether a user identity with the same e-mail address or phone number is the same person; if absent, the rules decide. */
  readonly sameUser?: boolean | null | undefined
}

export type IdentityRequest = {
  readonly contactDetails: ContactDetails
  readonly acsSystemId: AcsSystemId
  readonly input: IdentityInput
  /** The input field of user errors; if absent, the field of the contact detail in question. */
  readonly field?: string
}

/**
 * Finds the user identity for an ACS user, or plans a new one. A user identity with the same e-mail address or phone number, also from another
 * ACS system, is used if no other detail differs or the client sets `sameUser`: in Seam, each belongs to one user identity only. A viewer
 * that is limited to some ACS systems must not learn about other user identities: its new user identity has neither e-mail address nor
 * phone number, and it can select one in its access scope by `userIdentityId`. Rejects with `MutationRefused` and `SeamError`.
 */
export async function resolveUserIdentity(
  request: IdentityRequest,
  context: CommandContext,
  seam: SeamReads,
): Promise<PlannedIdentity> {
  const { contactDetails, input, acsSystemId } = request
  const { fullName } = contactDetails
  if (input.userIdentityId != null) return resolveNamedIdentity(input.userIdentityId, request, context)
  if (context.viewer.accessScope.acsSystemIds !== null)
    return { userIdentityId: null, fullName, emailAddress: null, phoneNumber: null }
  const matches = await findMatchingIdentities(contactDetails, seam)
  if (input.sameUser === false) return planSeparateIdentity(contactDetails, matches)
  const [identity, secondMatch] = matches
  if (identity === undefined) return { userIdentityId: null, ...pickContactDetails(contactDetails) }
  if (secondMatch !== undefined) throw createAmbiguousIdentityError(matches, request)
  if (isBeingDeleted(identity))
    throw createRefusal(
      getErrorField(identity, request),
      'CONFLICT',
      `The user identity ${identity.userIdentityId} is being deleted.`,
    )
  const users = await context.view.usersOfIdentity(identity)
  refuseContradictingIdentity(identity, users, request)
  refuseSecondAcsUser(identity, users, acsSystemId, getErrorField(identity, request))
  return { userIdentityId: identity.userIdentityId }
}

/** Resolves the user identity that a client selected, whatever details differ. Rejects with `MutationRefused`. */
async function resolveNamedIdentity(
  idText: string,
  { acsSystemId, input }: IdentityRequest,
  context: CommandContext,
): Promise<{ readonly userIdentityId: UserIdentityId }> {
  const identity = await findUserIdentity(idText, context)
  if (input.sameUser === false)
    throw createRefusal(
      'sameUser',
      'INVALID',
      '`sameUser` cannot be `false` together with `userIdentityId`. Omit one of them.',
    )
  refuseSecondAcsUser(identity, await context.view.usersOfIdentity(identity), acsSystemId, 'userIdentityId')
  return { userIdentityId: identity.userIdentityId }
}

/** Plans a new user identity without an e-mail address or phone number of another one: in Seam, each belongs to one user identity only. */
function planSeparateIdentity(
  contactDetails: ContactDetails,
  matches: readonly UserIdentity[],
): PlannedIdentity {
  const usedFields = new Set(matches.flatMap((identity) => matchingFields(contactDetails, identity)))
  return {
    userIdentityId: null,
    fullName: contactDetails.fullName,
    emailAddress: usedFields.has('emailAddress') ? null : contactDetails.emailAddress,
    phoneNumber: usedFields.has('phoneNumber') ? null : contactDetails.phoneNumber,
  }
}

/** Throws `MutationRefused` if details of a user identity differ and the client has not set `sameUser`. */
function refuseContradictingIdentity(
  identity: UserIdentity,
  users: readonly AcsUser[],
  request: IdentityRequest,
): void {
  const { contactDetails, input } = request
  const differences = conflictingFields(contactDetails, identity, users)
  if (differences.length === 0 || input.sameUser === true) return
  const { userIdentityId } = identity
  const shared = matchingFields(contactDetails, identity)
  throw new MutationRefused([
    {
      field: [getErrorField(identity, request)],
      code: 'CONFLICT',
      message: `The user identity ${userIdentityId} has the same ${listFieldLabels(shared)}, but a different ${listFieldLabels(differences)}. If it belongs to the same person, who then has the mobile keys of both, set \`sameUser\` to \`true\`. Otherwise set it to \`false\`.`,
      userIdentityId,
    },
  ])
}

function refuseSecondAcsUser(
  { userIdentityId }: UserIdentity,
  users: readonly AcsUser[],
  acsSystemId: AcsSystemId,
  field: string,
): void {
  const hint =
    field === 'userIdentityId'
      ? 'Omit `userIdentityId`.'
      : 'If this is another person, set `sameUser` to `false`.'
  if (!users.some((user) => user.acsSystemId === acsSystemId)) return
  throw new MutationRefused([
    {
      field: [field],
      code: 'CONFLICT',
      message: `The user identity ${userIdentityId} already has another ACS user in this ACS system. ${hint}`,
      userIdentityId,
    },
  ])
}

function createAmbiguousIdentityError(
  matches: readonly UserIdentity[],
  { field }: IdentityRequest,
): MutationRefused {
  const ids = matches.map(({ userIdentityId }) => userIdentityId)
  return new MutationRefused([
    {
      field: field === undefined ? null : [field],
      code: 'CONFLICT',
      message: `The email address and the phone number belong to several user identities: ${ids.join(', ')}. Pass the correct one as \`userIdentityId\`, or set \`sameUser\` to \`false\`.`,
      userIdentityId: ids[0] ?? null,
    },
  ])
}

const getErrorField = (identity: UserIdentity, { contactDetails, field }: IdentityRequest): string =>
  field ?? matchingFields(contactDetails, identity)[0] ?? 'userIdentityId'

const pickContactDetails = ({ fullName, emailAddress, phoneNumber }: ContactDetails): ContactDetails => ({
  fullName,
  emailAddress,
  phoneNumber,
})
