import { andThen, collectAll } from '../../src/catalog/maybe-promise.ts'
import type { CatalogView } from '../../src/catalog/view.ts'
import {
  type AccessDecision,
  type AccessReason as AccessReasonShape,
  checkAccess,
} from '../../src/model/access-decision.ts'
import type { AcsEntrance, AcsUser } from '../../src/model/entities.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import { createBadInputError } from '../graph-errors.ts'
import { readIdArgument } from '../id-arguments.ts'
import { AccessReasonCodeEnum } from './enums.ts'
import { Issue } from './issue.ts'
import { AcsCredential } from './object-refs.ts'

const AccessReason = builder.objectRef<AccessReasonShape>('AccessReason').implement({
  description:
    'Reason why an ACS user cannot unlock an entrance, or a related problem that does not prevent access.',
  fields: (t) => ({
    code: t.field({
      type: AccessReasonCodeEnum,
      description: 'Machine-readable reason.',
      resolve: (reason) => reason.code,
    }),
    message: t.exposeString('message', {
      description: 'Human-readable explanation of the reason, in English.',
    }),
    blocking: t.exposeBoolean('blocking', {
      description:
        'Whether the reason prevents access. `false` for information that does not prevent access.',
    }),
    credential: t.field({
      type: AcsCredential,
      nullable: true,
      description:
        'Credential that the reason applies to, or `null` if the reason does not apply to one credential.',
      resolve: (reason) => reason.credential,
    }),
    issue: t.field({
      type: Issue,
      nullable: true,
      description:
        'Error or warning in Seam that the reason is based on, with advice, or `null` if the reason is not based on one.',
      resolve: (reason) => reason.issue,
    }),
  }),
})

const AccessCheck = builder.objectRef<AccessDecision>('AccessCheck').implement({
  description: 'Result of an access check: whether an ACS user can unlock an entrance at a given time.',
  fields: (t) => ({
    allowed: t.exposeBoolean('allowed', {
      description:
        'Whether at least one credential of the ACS user unlocks the entrance at that time, and no reason prevents access.',
    }),
    reasons: t.field({
      type: [AccessReason],
      description:
        'Reasons that prevent access, and related problems that do not prevent it (`blocking: false`). Reasons of a credential are omitted while another credential works.',
      resolve: (decision) => [...decision.reasons],
    }),
    via: t.field({
      type: [AcsCredential],
      description:
        'Credentials with which the ACS user can unlock the entrance at that time. Empty if access is not allowed.',
      resolve: (decision) => [...decision.via],
    }),
    cursor: t.field({
      type: 'Cursor',
      description:
        'Position in the change journal. The result includes at least all changes up to this position.',
      resolve: (_decision, _args, { cursor }) => cursor,
    }),
  }),
})

builder.queryField('accessCheck', (t) =>
  t.field({
    subGraphs: inPartnerGraph,
    type: AccessCheck,
    description:
      "Checks whether an ACS user can unlock an entrance at a given time, and lists the reasons. The check uses the data of Seam; it does not contact the lock. It includes every error that Seam reports for the ACS user, the entrance, the ACS system and the connected account, and errors of the credentials while none of them works. Fails with `BAD_USER_INPUT` if the ACS user or the entrance does not exist in the viewer's access scope.",
    args: {
      acsUserId: t.arg.id({
        required: true,
        description: 'ID of the ACS user: its `id` in this graph, or its `acs_user_id` in Seam.',
      }),
      acsEntranceId: t.arg.id({
        required: true,
        description: 'ID of the entrance: its `id` in this graph, or its `acs_entrance_id` in Seam.',
      }),
      at: t.arg({ type: 'DateTime', description: 'Time to check. Defaults to the time of the request.' }),
    },
    resolve: (_root, args, { view, now }) => {
      const acsUserId = readIdArgument('AcsUser', 'acsUserId', args.acsUserId)
      const acsEntranceId = readIdArgument('AcsEntrance', 'acsEntranceId', args.acsEntranceId)
      return andThen(collectAll([view.user(acsUserId), view.entrance(acsEntranceId)]), ([user, entrance]) => {
        if (user === null)
          throw createBadInputError(
            'acsUserId',
            'No ACS user with this ID exists in your access scope. Check `acsUserId`.',
          )
        if (entrance === null)
          throw createBadInputError(
            'acsEntranceId',
            'No entrance with this ID exists in your access scope. Check `acsEntranceId`.',
          )
        return andThen(loadAccessFacts(view, user, entrance), (circumstances) =>
          checkAccess({ ...circumstances, user, entrance, atTime: args.at ?? now, now }),
        )
      })
    },
  }),
)

/** Loads the user's credentials for the entrance, the ACS system and its connected account. */
function loadAccessFacts(view: CatalogView, user: AcsUser, entrance: AcsEntrance) {
  const answers = collectAll([view.credentialsOfEntrance(entrance), view.system(entrance.acsSystemId)])
  return andThen(answers, ([entranceCredentials, system]) =>
    andThen(system === null ? null : view.account(system.connectedAccountId), (account) => ({
      credentials: entranceCredentials.filter((credential) => credential.acsUserId === user.acsUserId),
      system,
      account,
    })),
  )
}
