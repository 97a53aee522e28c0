import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { createInvalidInputError, requireRow, SandboxApiError } from '../http/api-error.ts'
import { dateTimeSchema, idSchema } from '../http/params.ts'
import { type ApiAnswer, type ApiCall, createRoute, type Route } from '../http/route.ts'
import { deleteClientSession } from '../lifecycle/client-sessions.ts'
import type { ClientSession } from '../state/entities.ts'
import { requireUserIdentity } from './row-selection.ts'

/** Default lifetime of a session. */
const lifetimeMs = 24 * 60 * 60_000

const createParams = z.object({
  user_identity_id: idSchema().optional(),
  user_identity_ids: z.array(idSchema()).length(1).optional(),
  user_identifier_key: z.string().min(1).optional(),
  connected_account_ids: z.array(z.string()).default([]),
  connect_webview_ids: z.array(z.string()).default([]),
  customer_key: z.string().min(1).optional(),
  expires_at: dateTimeSchema().optional(),
})

type Wanted = z.output<typeof createParams>

const idParams = z.object({ client_session_id: idSchema() })

/** The routes `/client_sessions/…`. */
export const sessionRoutes: readonly Route[] = [
  createRoute('PUT', '/client_sessions/create', createParams, (params, call) => {
    const known = byIdentifier(params.user_identifier_key, call)
    if (known === undefined) return createAnswer(create(params, call), call)
    if (call.verb === 'PUT') return createAnswer(known, call)
    const message = 'A client session with this user_identifier_key exists.'
    throw new SandboxApiError(400, 'client_session_token_already_exists', message)
  }),
  createRoute(
    'POST',
    '/client_sessions/get_or_create',
    createParams.omit({ customer_key: true }),
    (params, call) => {
      const known = findExisting(params, call)
      if (known === undefined) return createAnswer(create(params, call), call)
      const expires_at = params.expires_at ?? known.expires_at
      const kept = { ...known, expires_at }
      call.building.state.sessions.put(kept)
      return createAnswer(kept, call)
    },
  ),
  createRoute(
    'GET',
    '/client_sessions/get',
    z.object({ client_session_id: idSchema().optional(), user_identifier_key: z.string().optional() }),
    (params, call) => {
      const { client_session_id, user_identifier_key } = params
      if (client_session_id !== undefined) return createAnswer(sessionOf({ client_session_id }, call), call)
      if (user_identifier_key === undefined) {
        throw createInvalidInputError('client_session_id', 'Give client_session_id or user_identifier_key.')
      }
      return createAnswer(
        requireRow(byIdentifier(user_identifier_key, call), 'client_session', user_identifier_key),
        call,
      )
    },
  ),
  createRoute(
    'GET',
    '/client_sessions/list',
    z.object({
      client_session_id: z.string().optional(),
      user_identifier_key: z.string().optional(),
      user_identity_id: z.string().optional(),
      connect_webview_id: z.string().optional(),
      without_user_identifier_key: z.boolean().optional(),
    }),
    (params, { building, views }) => {
      const wanted = building.state.sessions
        .all()
        .filter(
          (row) =>
            (params.client_session_id ?? row.client_session_id) === row.client_session_id &&
            (params.user_identifier_key ?? row.user_identifier_key) === row.user_identifier_key &&
            (params.user_identity_id ?? row.user_identity_id) === row.user_identity_id &&
            (params.without_user_identifier_key !== true || row.user_identifier_key === null) &&
            (params.connect_webview_id === undefined ||
              row.connect_webview_ids.includes(params.connect_webview_id)),
        )
      return { client_sessions: wanted.map(views.session) }
    },
  ),
  createRoute('POST', '/client_sessions/revoke', idParams, (params, call) => {
    const { client_session_id } = sessionOf(params, call)
    const expires_at = call.building.clock.stamp()
    call.building.state.sessions.patch(client_session_id, { expires_at })
    return {}
  }),
  createRoute('DELETE', '/client_sessions/delete', idParams, (params, call) => {
    deleteClientSession(call.building, sessionOf(params, call))
    return {}
  }),
]

function create(wanted: Wanted, call: ApiCall): ClientSession {
  const { building } = call
  const user_identity_id = identityIn(wanted)
  if (user_identity_id !== undefined) requireUserIdentity(user_identity_id, call)
  const session: ClientSession = {
    client_session_id: randomUUID(),
    token: `seam_cst1${randomBytes(24).toString('base64url')}`,
    created_at: building.clock.stamp(),
    expires_at: wanted.expires_at ?? new Date(building.clock.nowMs() + lifetimeMs).toISOString(),
    user_identifier_key: wanted.user_identifier_key ?? null,
    user_identity_id,
    ...(wanted.customer_key === undefined ? {} : { customer_key: wanted.customer_key }),
    connected_account_ids: wanted.connected_account_ids,
    connect_webview_ids: wanted.connect_webview_ids,
  }
  building.state.sessions.put(session)
  return session
}

/** Returns the session with the `user_identifier_key`, or, if none is given, an unexpired session of the user identity. */
function findExisting(wanted: Wanted, call: ApiCall): ClientSession | undefined {
  const { building } = call
  const identity = identityIn(wanted)
  const byKey = byIdentifier(wanted.user_identifier_key, call)
  if (wanted.user_identifier_key !== undefined || identity === undefined) return byKey
  const ofIdentity = building.state.sessions.by('identity', identity)
  return ofIdentity.find((session) => Date.parse(session.expires_at) > building.clock.nowMs())
}

function identityIn({ user_identity_id, user_identity_ids }: Wanted): string | undefined {
  return user_identity_id ?? user_identity_ids?.[0]
}

function byIdentifier(key: string | undefined, { building }: ApiCall): ClientSession | undefined {
  return key === undefined ? undefined : building.state.sessions.by('identifier', key)[0]
}

function sessionOf(
  { client_session_id }: { client_session_id: string },
  { building }: ApiCall,
): ClientSession {
  return requireRow(building.state.sessions.get(client_session_id), 'client_session', client_session_id)
}

function createAnswer(session: ClientSession, { views }: ApiCall): ApiAnswer {
  return { client_session: views.session(session) }
}
