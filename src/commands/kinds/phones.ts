import type { UserIdentityId } from '../../model/ids.ts'
import { isBefore } from '../../model/time.ts'
import { refused } from '../../model/user-error.ts'
import type { SeamReads } from '../../seam/reads.ts'
import type { Asker, Command, Keyed } from '../command.ts'
import { userNamed } from '../named.ts'
import type { Facts, Step } from '../saga.ts'

export type CreateClientSessionInput = Keyed & {
  readonly acsUserId: string
  readonly expiresAt?: string | null | undefined
}

type SessionPlan = Facts & { readonly userIdentityId: UserIdentityId; readonly expiresAt: string }

const defaultLifeMs = 24 * 3_600_000

/**
 * `createClientSession`: lets a resident's phone fetch their mobile keys. The one thing that a resident's own key may ask for, for
 * themselves. A session whose answer was lost is nobody's, and ends by itself: its token was never seen.
 */
export const createClientSession: Command<CreateClientSessionInput, SessionPlan> = {
  name: 'createClientSession',
  async prepare({ acsUserId, expiresAt }, asker, seam) {
    const { userIdentityId } = await userNamed(acsUserId, asker)
    if (userIdentityId === null)
      throw refused(
        'acsUserId',
        'IDENTITY_REQUIRED',
        'This person has no user identity, and so no mobile keys. Issue a mobile key first.',
      )
    if (expiresAt != null && !isBefore(asker.now, expiresAt))
      throw refused('expiresAt', 'SCHEDULE_INVALID', 'The end must be in the future.')
    await refuseForeignKeys(userIdentityId, asker, seam)
    const end = expiresAt ?? new Date(Date.parse(asker.now) + defaultLifeMs).toISOString()
    return { userIdentityId, expiresAt: end }
  },
  steps: ({ userIdentityId, expiresAt }, { seam }) => {
    const step: Step = {
      name: 'createClientSession',
      async do() {
        const session = await seam.createClientSession({ userIdentityId, expiresAt })
        return { facts: { expiresAt: session.expiresAt }, secret: session.token }
      },
      find: async () => null,
    }
    return [step]
  },
}

/** The phone gets the keys of every building in which the identity has a person: a narrowed key must reach all of them. */
async function refuseForeignKeys(
  userIdentityId: UserIdentityId,
  asker: Asker,
  seam: SeamReads,
): Promise<void> {
  if (asker.viewer.reach.acsSystemIds === null) return
  const identity = await seam.getIdentity(userIdentityId)
  const users = await Promise.all((identity?.acsUserIds ?? []).map((id) => asker.view.user(id)))
  if (!users.includes(null)) return
  throw refused(
    'acsUserId',
    'NOT_ALLOWED',
    'The phone would get keys of buildings that this key does not reach.',
  )
}
