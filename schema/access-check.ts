import { all, andThen } from '../src/catalog/answer.ts'
import type { View } from '../src/catalog/view.ts'
import {
  type AccessDecision,
  type AccessReason as AccessReasonShape,
  checkAccess,
} from '../src/model/access.ts'
import type { AcsEntrance, AcsUser } from '../src/model/entities.ts'
import { builder, forPartners } from './builder.ts'
import { AccessReasonCodeEnum } from './enums.ts'
import { badInput } from './errors.ts'
import { readId } from './ids.ts'
import { AcsCredential } from './refs.ts'

const AccessReason = builder.objectRef<AccessReasonShape>('AccessReason').implement({
  description: 'Why somebody cannot open a door, or what they should know.',
  fields: (t) => ({
    code: t.field({
      type: AccessReasonCodeEnum,
      description: 'The reason.',
      resolve: (reason) => reason.code,
    }),
    message: t.exposeString('message', { description: 'The same as a sentence for people.' }),
    blocking: t.exposeBoolean('blocking', { description: 'Whether it forbids; otherwise it is only told.' }),
    credential: t.field({
      type: AcsCredential,
      nullable: true,
      description: 'The credential it is about, if it is about one.',
      resolve: (reason) => reason.credential,
    }),
  }),
})

const AccessCheck = builder.objectRef<AccessDecision>('AccessCheck').implement({
  description: 'Whether a person can open a door at a time.',
  fields: (t) => ({
    allowed: t.exposeBoolean('allowed', { description: 'Whether they can.' }),
    reasons: t.field({
      type: [AccessReason],
      description: 'Every reason why they cannot, and what is worth knowing though it does not forbid.',
      resolve: (decision) => [...decision.reasons],
    }),
    via: t.field({
      type: [AcsCredential],
      description: 'The credentials that work at that time.',
      resolve: (decision) => [...decision.via],
    }),
    cursor: t.field({
      type: 'Cursor',
      description: 'The decision is at least as new as this position.',
      resolve: (_decision, _args, { cursor }) => cursor,
    }),
  }),
})

builder.queryField('accessCheck', (t) =>
  t.field({
    subGraphs: forPartners,
    type: AccessCheck,
    description:
      'Can this person open this door at that time, and if not, why? A person or door that is not there, or not within reach, is an error with the code BAD_USER_INPUT.',
    args: {
      acsUserId: t.arg.id({ required: true, description: 'The person: its id, or `acs_user_id`.' }),
      acsEntranceId: t.arg.id({ required: true, description: 'The door: its id, or `acs_entrance_id`.' }),
      at: t.arg({ type: 'DateTime', description: 'The time; now where nothing is said.' }),
    },
    resolve: (_root, args, { view, now }) => {
      const acsUserId = readId('AcsUser', 'acsUserId', args.acsUserId)
      const acsEntranceId = readId('AcsEntrance', 'acsEntranceId', args.acsEntranceId)
      return andThen(all([view.user(acsUserId), view.entrance(acsEntranceId)]), ([user, entrance]) => {
        if (user === null) throw badInput('acsUserId', 'There is no such person.')
        if (entrance === null) throw badInput('acsEntranceId', 'There is no such door.')
        return andThen(circumstancesOf(view, user, entrance), (circumstances) =>
          checkAccess({ ...circumstances, user, entrance, at: args.at ?? now }),
        )
      })
    },
  }),
)

/** What else decides: the person's credentials for the door, and the state of the system and its account. */
function circumstancesOf(view: View, user: AcsUser, entrance: AcsEntrance) {
  const answers = all([view.credentialsOfEntrance(entrance), view.system(entrance.acsSystemId)])
  return andThen(answers, ([opening, system]) =>
    andThen(system === null ? null : view.account(system.connectedAccountId), (account) => ({
      credentials: opening.filter((credential) => credential.acsUserId === user.acsUserId),
      system,
      account,
    })),
  )
}
