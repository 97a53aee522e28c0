import type { ApiKeyLimits, ApiKeyRecord, NewApiKey } from '../../src/auth/api-keys/api-key-store.ts'
import type { ApiKeyMutationResult } from '../../src/commands/api-keys/api-key-administration.ts'
import { type CommandOutcome, emptyOutcome } from '../../src/commands/saga.ts'
import { type NodeType, parseId, type SeamId } from '../../src/model/ids.ts'
import { createNotFoundRefusal, MutationRefused } from '../../src/model/user-error.ts'
import { builder } from '../builder.ts'
import type { GraphContext } from '../context.ts'
import { requireAdministrator } from '../graph-errors.ts'
import { ApiKey, ApiKeyGraphEnum } from '../types/api-key.ts'
import { ScopeEnum } from '../types/enums.ts'
import { createPayloadWithoutCursor, idempotencyKeyText } from './mutation-payload.ts'

/** Outcome of a mutation of an API key. `result` is `null` if it was rejected. */
type ApiKeyOutcome = CommandOutcome & { readonly result: ApiKeyMutationResult | null }

const authScopes = { scope: 'admin' } as const
const requirementText = 'Requires the `admin` scope and an access scope of the whole workspace.'

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'API key to create.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'Name, by which the audit trail and other users identify the API key. 1 to 64 characters. Rejected with `CONFLICT` if another API key has it that is not revoked or expired.',
    }),
    scopes: t.field({
      type: [ScopeEnum],
      required: true,
      description:
        'Permissions, at least one. A scope that the viewer does not have is rejected with `NOT_ALLOWED`. The scopes `ADMIN`, `AUDIT` and `CONNECTIONS_WRITE` are not available for the partner graph.',
    }),
    acsSystemIds: t.idList({
      description:
        'IDs of the ACS systems in the access scope: their `id` in this graph, or their `acs_system_id` in Seam. If omitted, all ACS systems, including those that are connected later.',
    }),
    acsUserId: t.id({
      description:
        'ID of the ACS user to whom the access scope is limited, for an API key of one resident: its `id` in this graph, or its `acs_user_id` in Seam. If omitted, the access scope is not limited to a resident.',
    }),
    graph: t.field({
      type: ApiKeyGraphEnum,
      description: 'Graph that the API key can use. Default: `WHOLE`.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'Time at which the API key expires. Must be in the future. If the viewer is an API key that expires, must not be later than its expiry; otherwise rejected with `NOT_ALLOWED`. If omitted, the API key does not expire.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const keptText = 'If omitted, not changed.'
const noLimitText = '`null` is accepted only if there is no limit.'

const UpdateApiKeyInput = builder.inputType('UpdateApiKeyInput', {
  description:
    'Smaller permissions of an API key. Omitted fields are not changed; at least one is required. A value that the API key does not have yet is rejected with `NOT_ALLOWED`.',
  fields: (t) => ({
    apiKeyId: t.id({ required: true, description: 'ID of the API key (`ApiKey.id`).' }),
    scopes: t.field({
      type: [ScopeEnum],
      description: `Permissions to keep, at least one. Each must be one of the API key's scopes. ${keptText}`,
    }),
    acsSystemIds: t.idList({
      description: `IDs of the ACS systems to keep in the access scope, at least one: their \`id\` in this graph, or their \`acs_system_id\` in Seam. ${keptText} ${noLimitText}`,
    }),
    acsUserId: t.id({
      description: `ID of the ACS user to whom the access scope is limited from now on: its \`id\` in this graph, or its \`acs_user_id\` in Seam. ${keptText} ${noLimitText}`,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: `Time at which the API key expires. Must be in the future, and not later than the current expiry. ${keptText} ${noLimitText}`,
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
  description: 'API key to revoke.',
  fields: (t) => ({
    apiKeyId: t.id({ required: true, description: 'ID of the API key (`ApiKey.id`).' }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const CreateApiKeyPayload = createPayloadWithoutCursor('CreateApiKeyPayload', 'createApiKey', (t) => ({
  record: t.field({
    type: ApiKey,
    nullable: true,
    description: 'Name and permissions of the API key, or `null` if the mutation was rejected.',
    resolve: (outcome) => (outcome as ApiKeyOutcome).result?.record ?? null,
  }),
  apiKey: t.string({
    nullable: true,
    description:
      'The API key itself, for `Authorization: Bearer`. Returned once and not stored: `null` if the request is repeated with the same idempotency key, or if the mutation was rejected.',
    resolve: (outcome) => (outcome as ApiKeyOutcome).result?.key?.reveal() ?? null,
  }),
}))

const UpdateApiKeyPayload = createPayloadWithoutCursor('UpdateApiKeyPayload', 'updateApiKey', (t) => ({
  record: t.field({
    type: ApiKey,
    nullable: true,
    description: 'The API key with its new permissions, or `null` if the mutation was rejected.',
    resolve: (outcome) => (outcome as ApiKeyOutcome).result?.record ?? null,
  }),
}))

const RevokeApiKeyPayload = createPayloadWithoutCursor('RevokeApiKeyPayload', 'revokeApiKey', (t) => ({
  apiKeyId: t.id({
    nullable: true,
    description: 'ID of the revoked API key, or `null` if the mutation was rejected.',
    resolve: (outcome) => (outcome as ApiKeyOutcome).result?.apiKeyId ?? null,
  }),
}))

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreateApiKeyPayload,
    description: `Creates an API key. The API key itself is only in this response. ${requirementText}`,
    authScopes,
    args: {
      input: t.arg({
        type: CreateApiKeyInput,
        required: true,
        description: 'Name, permissions and expiry of the API key.',
      }),
    },
    resolve: (_root, { input }, context) =>
      runApiKeyMutation(context, async () => {
        const { name, scopes, graph, expiresAt } = input
        const wanted: NewApiKey = {
          name,
          scopes: [...new Set(scopes)],
          ...(input.acsSystemIds != null && {
            acsSystemIds: await readVisibleIds(context, 'AcsSystem', input.acsSystemIds, 'acsSystemIds'),
          }),
          ...(input.acsUserId != null && { residentId: await readResidentId(context, input.acsUserId) }),
          ...(graph != null && { graph }),
          ...(expiresAt != null && { expiresAt }),
        }
        return context.apiKeys.create(context.viewer, input, wanted)
      }),
  }),
  updateApiKey: t.field({
    type: UpdateApiKeyPayload,
    description: `Narrows an API key: fewer scopes, fewer ACS systems, one resident, or an earlier expiry. The API key itself stays the same. An API key cannot get more permissions. Requests with it have the new permissions immediately, and its open connections close within two seconds, with 4403 over WebSocket, so that clients connect again. An API key that has expired is rejected with \`NOT_ALLOWED\`, one that was revoked with \`NOT_FOUND\`. ${requirementText}`,
    authScopes,
    args: {
      input: t.arg({
        type: UpdateApiKeyInput,
        required: true,
        description: 'API key and its smaller permissions.',
      }),
    },
    resolve: (_root, { input }, context) =>
      runApiKeyMutation(context, async () => {
        const limits = await readLimits(context, input)
        return context.apiKeys.narrow(context.viewer, input, input.apiKeyId, limits)
      }),
  }),
  revokeApiKey: t.field({
    type: RevokeApiKeyPayload,
    description: `Revokes an API key. Requests with it are rejected immediately, and its open connections close within two seconds. Its webhook endpoints are stopped. ${requirementText}`,
    authScopes,
    args: {
      input: t.arg({ type: RevokeApiKeyInput, required: true, description: 'API key to revoke.' }),
    },
    resolve: (_root, { input }, context) =>
      runApiKeyMutation(context, () => context.apiKeys.revoke(context.viewer, input, input.apiKeyId)),
  }),
}))

async function runApiKeyMutation(
  { viewer }: GraphContext,
  runMutation: () => Promise<ApiKeyMutationResult>,
): Promise<ApiKeyOutcome> {
  requireAdministrator(viewer)
  try {
    return { ...emptyOutcome, result: await runMutation() }
  } catch (error) {
    if (!(error instanceof MutationRefused)) throw error
    return { ...emptyOutcome, result: null, userErrors: error.userErrors }
  }
}

/** Reads new limits of an API key. Rejects with `MutationRefused` (`NOT_FOUND`) for an unknown ACS system or ACS user. */
async function readLimits(
  context: GraphContext,
  { apiKeyId, scopes, acsSystemIds, acsUserId, expiresAt }: typeof UpdateApiKeyInput.$inferInput,
): Promise<ApiKeyLimits> {
  const apiKey = (await context.apiKeys.list()).find(({ id }) => id === apiKeyId)
  return {
    ...(scopes != null && { scopes }),
    ...(acsSystemIds !== undefined && {
      acsSystemIds:
        acsSystemIds === null
          ? null
          : await readVisibleIds(context, 'AcsSystem', acsSystemIds, 'acsSystemIds', apiKey),
    }),
    ...(acsUserId !== undefined && {
      residentId: acsUserId === null ? null : await readResidentId(context, acsUserId, apiKey),
    }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

/**
 * Reads the IDs of ACS systems that exist or are in the access scope of an API key already. Rejects with `MutationRefused` (`NOT_FOUND`), because
 * a mistyped ID would grant access to nothing.
 */
async function readVisibleIds(
  { view }: GraphContext,
  type: 'AcsSystem',
  ids: readonly string[],
  field: string,
  apiKey?: ApiKeyRecord,
): Promise<readonly SeamId<'AcsSystem'>[]> {
  return Promise.all(
    ids.map(async (text, index) => {
      const path = [field, String(index)]
      const id = readId(type, text, path, 'ACS system')
      if (apiKey?.acsSystemIds?.includes(id)) return id
      if ((await view.system(id)) === null) throw createNotFoundRefusal(path, 'ACS system')
      return id
    }),
  )
}

async function readResidentId(
  { view }: GraphContext,
  text: string,
  apiKey?: ApiKeyRecord,
): Promise<SeamId<'AcsUser'>> {
  const id = readId('AcsUser', text, ['acsUserId'], 'ACS user')
  if (apiKey?.residentId === id) return id
  if ((await view.user(id)) === null) throw createNotFoundRefusal('acsUserId', 'ACS user')
  return id
}

function readId<T extends NodeType>(
  type: T,
  text: string,
  field: readonly string[],
  objectName: string,
): SeamId<T> {
  const id = parseId(type, text)
  if (id === null) throw createNotFoundRefusal(field, objectName)
  return id
}
