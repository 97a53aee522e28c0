import type { MaybePromise } from '../../src/catalog/maybe-promise.ts'
import { andThen } from '../../src/catalog/maybe-promise.ts'
import { getAccessMethod } from '../../src/model/access-method.ts'
import type { AcsCredential as AcsCredentialShape } from '../../src/model/entities.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import type { GraphContext } from '../context.ts'
import { requireRow } from '../graph-errors.ts'
import { readIdArgument, readOptionalIdArgument } from '../id-arguments.ts'
import { AcsCredentialFilter } from '../lists/filter-inputs.ts'
import {
  type AcsCredentialListArgs,
  createCredentialPager,
  createEntrancePager,
  loadPage,
} from '../lists/list-pages.ts'
import { computePageComplexity, createPageArguments, nullIfSeamFails } from '../lists/relay-connection.ts'
import { AccessMethodEnum, CodeStateEnum, CredentialStatusEnum } from './enums.ts'
import { Issue } from './issue.ts'
import { Node } from './node-interface.ts'
import {
  AcsCredential,
  AcsCredentialConnection,
  AcsEntranceConnection,
  AcsSystem,
  AcsUser,
} from './object-refs.ts'

const canSeeCodes = ({ viewer }: GraphContext): boolean => viewer.scopes.has('codes:read')

function getCodeState(
  credential: AcsCredentialShape,
  context: GraphContext,
): 'NONE' | 'PENDING' | 'HIDDEN' | 'VISIBLE' {
  if (credential.code === null && credential.isCodeAtSeam !== true)
    return credential.accessMethod === 'code' ? 'PENDING' : 'NONE'
  return canSeeCodes(context) ? 'VISIBLE' : 'HIDDEN'
}

AcsCredential.implement({
  description:
    'Credential of an ACS user that unlocks entrances: a PIN for exactly one entrance, or a mobile key for one or more entrances.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: 'ID of the credential in Seam (`acs_credential_id`).',
      resolve: (row) => row.acsCredentialId,
    }),
    displayName: t.exposeString('displayName', { description: 'Display name.' }),
    accessMethod: t.field({
      type: AccessMethodEnum,
      description: 'How the credential unlocks entrances.',
      resolve: getAccessMethod,
    }),
    seamAccessMethod: t.string({
      description:
        'Access method as Seam reports it (`access_method`). Also set if `accessMethod` is `UNKNOWN`.',
      resolve: (row) => row.accessMethod,
    }),
    isMultiPhoneSync: t.exposeBoolean('isMultiPhoneSync', {
      description:
        'Whether the credential is available on all phones of the ACS user. Always `true` for mobile keys of Latch.',
    }),
    code: t.string({
      nullable: true,
      description:
        'PIN of the credential, or `null` if it is not available; `codeState` contains the reason. Requires the `codes:read` scope.',
      resolve: (row, _args, context) =>
        canSeeCodes(context) ? andThen(context.view.codeOf(row), (code) => code?.reveal() ?? null) : null,
    }),
    codeState: t.field({
      type: CodeStateEnum,
      description: 'Whether the PIN is available in `code`, and if not, why.',
      resolve: (row, _args, context) => getCodeState(row, context),
    }),
    startsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time from which the credential is valid, or `null` if it has no start time.',
      resolve: (row) => row.startsAt,
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Time at which the credential stops being valid, or `null` if it does not expire. At this exact time the credential is no longer valid.',
      resolve: (row) => row.endsAt,
    }),
    isIssued: t.exposeBoolean('isIssued', {
      nullable: true,
      description: 'Whether Latch has issued the credential, or `null` if Seam does not report it.',
    }),
    issuedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Time at which the credential was issued, or `null` if it is not issued or Seam does not report the time.',
      resolve: (row) => row.issuedAt,
    }),
    status: t.field({
      type: CredentialStatusEnum,
      description: 'Lifecycle status, computed at request time.',
      resolve: (row, _args, context) => context.statusOf(row),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Time at which the credential was created.',
      resolve: (row) => row.createdAt,
    }),
    acsSystem: t.field({
      type: AcsSystem,
      description: 'ACS system that the credential belongs to.',
      resolve: (row, _args, { view }) => andThen(view.system(row.acsSystemId), requireRow),
    }),
    acsUser: t.field({
      type: AcsUser,
      nullable: true,
      description: 'The ACS user that the credential is assigned to, or `null` if it is unassigned.',
      resolve: (row, _args, { view }) => (row.acsUserId === null ? null : view.user(row.acsUserId)),
    }),
    entrances: t.field({
      type: AcsEntranceConnection,
      nullable: true,
      description: `Entrances that the credential unlocks, ordered by name. ${nullIfSeamFails}`,
      args: createPageArguments(t.arg),
      complexity: computePageComplexity,
      resolve: (row, args, { view }) =>
        loadPage(createEntrancePager(args), () => view.entrancesOfCredential(row)),
    }),
    errors: t.field({
      type: [Issue],
      description:
        'Errors that Seam reports for the credential. A credential with an error does not unlock entrances.',
      resolve: (row) => row.errors,
    }),
    warnings: t.field({
      type: [Issue],
      description: 'Warnings that Seam reports for the credential.',
      resolve: (row) => row.warnings,
    }),
  }),
})

/**
 * Reads the credentials that the filter can match. Starts from one user or one entrance if the filter has one, to load
 * as little as possible.
 */
function loadCandidates(
  { filter }: AcsCredentialListArgs,
  { view }: GraphContext,
): MaybePromise<readonly AcsCredentialShape[]> {
  const acsUserId = readOptionalIdArgument('AcsUser', 'filter.acsUserId', filter?.acsUserId)
  if (acsUserId !== null) {
    return andThen(view.user(acsUserId), (user) => (user === null ? [] : view.credentialsOfUser(user)))
  }
  const acsEntranceId = readOptionalIdArgument('AcsEntrance', 'filter.acsEntranceId', filter?.acsEntranceId)
  if (acsEntranceId !== null) {
    return andThen(view.entrance(acsEntranceId), (entrance) =>
      entrance === null ? [] : view.credentialsOfEntrance(entrance),
    )
  }
  return view.credentials(readOptionalIdArgument('AcsSystem', 'filter.acsSystemId', filter?.acsSystemId))
}

builder.queryFields((t) => ({
  acsCredential: t.field({
    subGraphs: inPartnerGraph,
    type: AcsCredential,
    nullable: true,
    description:
      "Returns a credential by ID, or `null` if no credential with this ID exists in the viewer's access scope. Fails with `BAD_USER_INPUT` if `id` is not the ID of a credential.",
    args: {
      id: t.arg.id({
        required: true,
        description: 'ID of the credential: its `id` in this graph, or its `acs_credential_id` in Seam.',
      }),
    },
    resolve: (_root, { id }, { view }) => view.credential(readIdArgument('AcsCredential', 'id', id)),
  }),
  acsCredentials: t.field({
    subGraphs: inPartnerGraph,
    type: AcsCredentialConnection,
    nullable: true,
    description: `Credentials of all ACS systems in the viewer's access scope, oldest first. ${nullIfSeamFails}`,
    args: {
      filter: t.arg({
        type: AcsCredentialFilter,
        description: 'Conditions that the returned credentials must meet.',
      }),
      ...createPageArguments(t.arg),
    },
    complexity: computePageComplexity,
    resolve: (_root, args, context) =>
      loadPage(createCredentialPager(args, context), () => loadCandidates(args, context)),
  }),
}))
