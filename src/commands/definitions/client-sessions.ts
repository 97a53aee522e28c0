import type { AcsSystemId, AcsUserId, UserIdentityId } from '../../model/ids.ts'
import { hourMs, isBefore } from '../../model/time.ts'
import { createNotFoundRefusal, createRefusal } from '../../model/user-error.ts'
import type { SeamReads } from '../../seam/objects/seam-reads.ts'
import type { Command, CommandContext } from '../command.ts'
import type { IdempotentInput } from '../idempotency/idempotency-slot.ts'
import type { Facts } from '../saga.ts'
import { createClientSessionStep, endClientSessionsStep } from '../steps/client-session-steps.ts'
import { findAcsUser } from './id-resolution.ts'

export type CreateClientSessionInput = IdempotentInput & {
  readonly acsUserId: string
  readonly expiresAt?: string | null | undefined
}

type ClientSessionPlan = Facts & {
  readonly acsUserId: AcsUserId
  readonly acsSystemId: AcsSystemId
  readonly userIdentityId: UserIdentityId
}
type CreateSessionPlan = ClientSessionPlan & { readonly expiresAt: string }
type RevokeSessionsPlan = ClientSessionPlan & { readonly only: readonly string[] | null }

const defaultLifetimeMs = 24 * hourMs

/**
 * `createClientSession`: creates a client session with which a phone fetches mobile keys. A viewer limited to one ACS user may create its
 * own.
 */
export const createClientSession: Command<CreateClientSessionInput, CreateSessionPlan> = {
  name: 'createClientSession',
  auditTarget: 'ACS_USER',
  async prepare({ acsUserId: idText, expiresAt }, context, seam) {
    const user = await findAcsUser(idText, context)
    const { acsUserId, acsSystemId, userIdentityId } = user
    if (userIdentityId === null)
      throw createRefusal(
        'acsUserId',
        'IDENTITY_REQUIRED',
        'The ACS user has no user identity, and therefore no mobile keys. Issue a mobile key first.',
      )
    if (user.isSuspended === true)
      throw createRefusal(
        'acsUserId',
        'NOT_ALLOWED',
        'The ACS user is suspended. Unsuspend the ACS user first.',
      )
    if (expiresAt != null && !isBefore(context.now, expiresAt))
      throw createRefusal('expiresAt', 'SCHEDULE_INVALID', '`expiresAt` must be in the future.')
    const sessionEnd = resolveSessionEnd(expiresAt ?? null, context)
    await refuseForeignMobileKeys(userIdentityId, context, seam)
    return { acsUserId, acsSystemId, userIdentityId, expiresAt: sessionEnd }
  },
  createSteps: (session, tools) => [createClientSessionStep(tools, session)],
}

/**
 * Returns the end of a new session: the requested one, or 24 hours from now, or the latest allowed end if that is earlier. Throws
 * `MutationRefused` if the requested end is later than allowed.
 */
function resolveSessionEnd(
  requestedEnd: string | null,
  { now, viewer, clientSessionMaxMs = defaultLifetimeMs }: CommandContext,
): string {
  const timeAfter = (ms: number): string => new Date(Date.parse(now) + ms).toISOString()
  const configuredMaxEnd = timeAfter(clientSessionMaxMs)
  const isLimitedByViewer = viewer.expiresAt !== null && isBefore(viewer.expiresAt, configuredMaxEnd)
  const maxEnd = isLimitedByViewer ? (viewer.expiresAt ?? configuredMaxEnd) : configuredMaxEnd
  if (requestedEnd === null)
    return isBefore(maxEnd, timeAfter(defaultLifetimeMs)) ? maxEnd : timeAfter(defaultLifetimeMs)
  if (!isBefore(maxEnd, requestedEnd)) return requestedEnd
  const reason = isLimitedByViewer
    ? 'when the API key or token of the request expires'
    : `${clientSessionMaxMs / hourMs} hours from now (CLIENT_SESSION_MAX_HOURS)`
  throw createRefusal(
    'expiresAt',
    'SCHEDULE_INVALID',
    `A client session can end at ${maxEnd} at the latest, ${reason}. Pass an earlier \`expiresAt\`, or omit it.`,
  )
}

export type RevokeClientSessionInput = IdempotentInput & {
  readonly acsUserId: string
  readonly clientSessionId?: string | null | undefined
}

/** `revokeClientSession`: ends one client session of an ACS user, or all. A viewer limited to one ACS user may end its own. */
export const revokeClientSession: Command<RevokeClientSessionInput, RevokeSessionsPlan> = {
  name: 'revokeClientSession',
  auditTarget: 'ACS_USER',
  async prepare({ acsUserId: idText, clientSessionId }, context, seam) {
    const { acsUserId, acsSystemId, userIdentityId } = await findAcsUser(idText, context)
    if (userIdentityId === null)
      throw createRefusal(
        'acsUserId',
        'IDENTITY_REQUIRED',
        'The ACS user has no user identity, and therefore no client sessions.',
      )
    const acsUser = { acsUserId, acsSystemId, userIdentityId }
    if (clientSessionId == null) return { ...acsUser, only: null }
    const sessions = await seam.listClientSessions(userIdentityId)
    if (!sessions.some((session) => session.clientSessionId === clientSessionId))
      throw createNotFoundRefusal('clientSessionId', 'client session')
    return { ...acsUser, only: [clientSessionId] }
  },
  toInitialFacts: ({ acsUserId }) => ({ acsUserId }),
  createSteps: ({ userIdentityId, only }, tools) => [
    endClientSessionsStep(tools, { readIdentityId: () => userIdentityId, only }),
  ],
}

/**
 * Rejects with `MutationRefused` if the user identity has an ACS user outside the access scope: the client session would get the mobile keys
 * of that one, too.
 */
async function refuseForeignMobileKeys(
  userIdentityId: UserIdentityId,
  context: CommandContext,
  seam: SeamReads,
): Promise<void> {
  if (context.viewer.accessScope.acsSystemIds === null) return
  const identity = await seam.getIdentity(userIdentityId)
  const users = await Promise.all((identity?.acsUserIds ?? []).map((id) => context.view.user(id)))
  if (!users.includes(null)) return
  throw createRefusal(
    'acsUserId',
    'NOT_ALLOWED',
    'The client session would include mobile keys of ACS systems outside your access scope. Use an API key with an access scope of all of them.',
  )
}
