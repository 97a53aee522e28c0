import { andThen } from '../src/catalog/answer.ts'
import type { Answer } from '../src/catalog/view.ts'
import type { AcsCredential as AcsCredentialShape } from '../src/model/entities.ts'
import { credentialStatus } from '../src/model/status.ts'
import { builder, forPartners } from './builder.ts'
import type { GraphContext } from './context.ts'
import { AccessMethodEnum, CodeStateEnum, CredentialStatusEnum } from './enums.ts'
import { found } from './errors.ts'
import { AcsCredentialFilter } from './filters.ts'
import { readId, readOptionalId } from './ids.ts'
import { Issue } from './issue.ts'
import { accessMethodOf, type CredentialArgs, credentialPage, entrancePage } from './lists.ts'
import { Node } from './node.ts'
import { pageArguments, pageComplexity } from './paging.ts'
import { AcsCredential, AcsCredentialConnection, AcsEntranceConnection, AcsSystem, AcsUser } from './refs.ts'

const maySeeCodes = ({ viewer }: GraphContext): boolean => viewer.scopes.has('codes:read')

function codeStateOf(
  credential: AcsCredentialShape,
  context: GraphContext,
): 'NONE' | 'PENDING' | 'HIDDEN' | 'VISIBLE' {
  if (credential.code === null && credential.isCodeAtSeam !== true)
    return credential.accessMethod === 'code' ? 'PENDING' : 'NONE'
  return maySeeCodes(context) ? 'VISIBLE' : 'HIDDEN'
}

AcsCredential.implement({
  description:
    'What somebody opens doors with: a PIN for exactly one entrance, or a mobile key for one or more.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: "Seam's own id: `acs_credential_id`.",
      resolve: (row) => row.acsCredentialId,
    }),
    displayName: t.exposeString('displayName', { description: 'What to call it on a screen.' }),
    accessMethod: t.field({
      type: AccessMethodEnum,
      description: 'How it opens doors.',
      resolve: accessMethodOf,
    }),
    seamAccessMethod: t.string({
      description: "Seam's own word for it (`access_method`), also where `accessMethod` is UNKNOWN.",
      resolve: (row) => row.accessMethod,
    }),
    isMultiPhoneSync: t.exposeBoolean('isMultiPhoneSync', {
      description: "Whether it is on all of the resident's phones. Always so for Latch's mobile keys.",
    }),
    code: t.string({
      nullable: true,
      description: 'The PIN. Only for viewers with `codes:read`; `codeState` tells why it is `null`.',
      resolve: (row, _args, context) =>
        maySeeCodes(context) ? andThen(context.view.codeOf(row), (code) => code?.reveal() ?? null) : null,
    }),
    codeState: t.field({
      type: CodeStateEnum,
      description: 'Why `code` is there, or is not.',
      resolve: (row, _args, context) => codeStateOf(row, context),
    }),
    startsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'From when it works; `null` is from the beginning.',
      resolve: (row) => row.startsAt,
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is over; `null` is without end.',
      resolve: (row) => row.endsAt,
    }),
    isIssued: t.exposeBoolean('isIssued', {
      nullable: true,
      description: 'Whether Latch has issued it; `null` where Seam does not say.',
    }),
    issuedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was issued.',
      resolve: (row) => row.issuedAt,
    }),
    status: t.field({
      type: CredentialStatusEnum,
      description: 'In one word, as of this request.',
      resolve: (row, _args, { now }) => credentialStatus(row, now),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (row) => row.createdAt,
    }),
    acsSystem: t.field({
      type: AcsSystem,
      description: 'The system it belongs to.',
      resolve: (row, _args, { view }) => andThen(view.system(row.acsSystemId), found),
    }),
    acsUser: t.field({
      type: AcsUser,
      nullable: true,
      description: 'Whose it is; `null` while it is nobody’s.',
      resolve: (row, _args, { view }) => (row.acsUserId === null ? null : view.user(row.acsUserId)),
    }),
    entrances: t.field({
      type: AcsEntranceConnection,
      nullable: true,
      description: 'The doors it opens.',
      args: pageArguments(t.arg),
      complexity: pageComplexity,
      resolve: (row, args, { view }) =>
        andThen(view.entrancesOfCredential(row), (doors) => entrancePage(doors, args)),
    }),
    errors: t.field({ type: [Issue], description: 'What is wrong.', resolve: (row) => row.errors }),
    warnings: t.field({
      type: [Issue],
      description: 'What may become wrong, or passes by itself.',
      resolve: (row) => row.warnings,
    }),
  }),
})

/** The rows that a filter starts from: one door's or one user's where it names one, so that no more is loaded than needed. */
function candidates(
  { filter }: CredentialArgs,
  { view }: GraphContext,
): Answer<readonly AcsCredentialShape[]> {
  const acsUserId = readOptionalId('AcsUser', 'filter.acsUserId', filter?.acsUserId)
  if (acsUserId !== null) {
    return andThen(view.user(acsUserId), (user) => (user === null ? [] : view.credentialsOfUser(user)))
  }
  const acsEntranceId = readOptionalId('AcsEntrance', 'filter.acsEntranceId', filter?.acsEntranceId)
  if (acsEntranceId !== null) {
    return andThen(view.entrance(acsEntranceId), (door) =>
      door === null ? [] : view.credentialsOfEntrance(door),
    )
  }
  return view.credentials(readOptionalId('AcsSystem', 'filter.acsSystemId', filter?.acsSystemId))
}

builder.queryFields((t) => ({
  acsCredential: t.field({
    subGraphs: forPartners,
    type: AcsCredential,
    nullable: true,
    description: 'One credential; `null` where there is none with that id within reach.',
    args: { id: t.arg.id({ required: true, description: 'Its id, or `acs_credential_id`.' }) },
    resolve: (_root, { id }, { view }) => view.credential(readId('AcsCredential', 'id', id)),
  }),
  acsCredentials: t.field({
    subGraphs: forPartners,
    type: AcsCredentialConnection,
    nullable: true,
    description: 'Credentials of all systems.',
    args: {
      filter: t.arg({ type: AcsCredentialFilter, description: 'Which of them.' }),
      ...pageArguments(t.arg),
    },
    complexity: pageComplexity,
    resolve: (_root, args, context) =>
      andThen(candidates(args, context), (rows) => credentialPage(rows, args, context)),
  }),
}))
