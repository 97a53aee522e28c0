import { randomUUID } from 'node:crypto'
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  OperationTypeNode,
  parse,
} from 'graphql'
import { type Context, makeServer, type Server } from 'graphql-ws'
import { TokenExpired } from '../../auth/tokens/token-verifier.ts'
import type { Viewer } from '../../auth/viewer.ts'
import { formatErrors, reportErrors, toGraphqlErrors } from '../graphql/graphql-errors.ts'
import { readGraphqlRequest } from '../graphql/graphql-request.ts'
import { prepareOperation } from '../graphql/operation-execution.ts'
import { HttpError } from '../protocol/http-error.ts'
import { sizeLimits } from '../size-limits.ts'
import type { OperationServices } from '../streaming/operation-services.ts'
import { type CloseReason, closeReasons, type MessagePayload, oversizedPayload } from './messages.ts'
import { type SocketConnection, SocketOperation } from './socket-operations.ts'

/** A socket with its state in addition to that of graphql-ws. */
export type Connection = SocketConnection & {
  /** Whether the socket may use the demo without a credential: only with a host name of this machine. */
  readonly isDemoAllowed: boolean
  /** `null` before `connection_ack`. */
  authentication: Authentication | null
  /** Stops the timeout of the initialisation. */
  markInitialised(): void
  /** Payload of the message that is being handled, while graphql-ws calls its hook. Otherwise `null`. */
  readonly payload: MessagePayload | null
}

/** The viewer of a socket, and functions that stop watching the credential and release the connection slot. */
export type Authentication = {
  readonly viewer: Viewer
  readonly unwatch: () => void
  readonly releaseSlot: () => void
}

type ProtocolContext = Context<undefined, Connection>

/**
 * Creates the server of the protocol graphql-transport-ws. graphql-ws implements initialisation, pings, the validation of messages, ids of
 * operations, `error` and `complete`, and close codes. The hooks add authentication, authorization, limits and masking of errors.
 *
 * Hooks of an operation return synchronously. Each message is delivered in its own turn of the event loop (`allowSynchronousEvents`), so the
 * library has registered the operation of a `subscribe`, or removed that of a `complete`, before the next message. Otherwise a completed
 * operation could still start, with an id that its client has reused. For the same reason, `onConnect` and `onSubscribe` are called before
 * the next message, and read the payload of their own.
 */
export function createProtocol(services: OperationServices): Server<Connection> {
  return makeServer<undefined, Connection>({
    // The socket has a timer of its own, since graphql-ws keeps a timer in memory until the socket closes.
    connectionInitWaitTimeout: 0,
    onConnect({ extra: socket }) {
      socket.markInitialised()
      return authenticateSocket(services, socket, socket.payload ?? {})
    },
    onSubscribe(context, id) {
      try {
        return prepareExecution(services, context, id)
      } catch (thrown) {
        return [new GraphQLError('The operation was rejected.', { cause: thrown })]
      }
    },
    execute: getOperation,
    subscribe: getOperation,
    onError: (_context, _id, _payload, errors) => reportAndFormatErrors(services, errors),
  })
}

/** Returns the operation that `prepareExecution` has created. graphql-ws itself neither parses nor executes. */
function getOperation({ contextValue }: ExecutionArgs): SocketOperation {
  return contextValue as SocketOperation
}

/**
 * Documents from which graphql-ws reads the type of an operation. It keeps the document for as long as the operation runs; with the client's
 * own, thousands of different subscriptions would keep thousands of documents in memory.
 */
const documentsByType: Readonly<Record<OperationTypeNode, DocumentNode>> = {
  [OperationTypeNode.QUERY]: parse('query { __typename }'),
  [OperationTypeNode.MUTATION]: parse('mutation { __typename }'),
  [OperationTypeNode.SUBSCRIPTION]: parse('subscription { __typename }'),
}

function prepareExecution(
  services: OperationServices,
  { extra: socket, subscriptions }: ProtocolContext,
  id: string,
): ExecutionArgs | readonly GraphQLError[] {
  if (socket.authentication === null) throw new Error('A socket was acknowledged without a viewer.')
  const { viewer } = socket.authentication
  const { engines, schemas, trustedDocuments } = services
  const { payload } = socket
  if (payload === oversizedPayload) throw createTooLargeError()
  // `subscriptions` includes the new operation.
  if (Object.keys(subscriptions).length > sizeLimits.maxOperationsPerSocket)
    throw createTooManyOperationsError()
  const request = readGraphqlRequest(payload)
  if (typeof request === 'string') throw new HttpError(400, 'BAD_REQUEST', request)
  const prepared = prepareOperation(engines, trustedDocuments.resolve(viewer, request), {
    viewer,
    requestId: id,
  })
  if ('errors' in prepared) return prepared.errors
  return {
    schema: schemas[viewer.graph],
    document: documentsByType[prepared.operation.operation],
    contextValue: new SocketOperation({ services, socket, viewer, id, prepared }),
    // graphql-ws would add it to the object, which takes more memory.
    rootValue: undefined,
  }
}

/** Formats errors for the client, logs unexpected ones and counts rejections. `cause` is the thrown value, if any. */
function reportAndFormatErrors(
  { log, metrics }: OperationServices,
  errors: readonly GraphQLError[],
): readonly GraphQLFormattedError[] {
  const causes = errors.map((error) => error.cause ?? error)
  for (const cause of causes) if (cause instanceof HttpError) metrics.countRefusal(cause.code)
  return formatErrors(reportErrors(causes.flatMap(toGraphqlErrors), randomUUID(), log))
}

/** Authenticates the socket and watches its credential. Resolves to `true`, or closes the socket and resolves to `false`. */
async function authenticateSocket(
  services: OperationServices,
  socket: Connection,
  params: MessagePayload,
): Promise<boolean> {
  try {
    const viewer = await services.authenticate(readCredential(params))
    if (socket.isClosed) return false
    if (viewer === null || (viewer.isDemo && !socket.isDemoAllowed))
      socket.closeFor(closeReasons.unauthorized)
    else await watchCredential(services, socket, viewer)
  } catch (error) {
    socket.closeFor(chooseCloseReason(services, error))
  }
  return !socket.isClosed
}

async function watchCredential(
  { rateLimiter, watchViewer }: OperationServices,
  socket: Connection,
  viewer: Viewer,
): Promise<void> {
  const releaseSlot = rateLimiter.acquireSlot('connections', viewer)
  try {
    const unwatch = await watchViewer(viewer, (reason) => socket.closeFor(closeReasons[reason]))
    if (!socket.isClosed) {
      socket.authentication = { viewer, unwatch, releaseSlot }
      return
    }
    // The client has disconnected, or the credential has ended, in the meantime.
    unwatch()
    releaseSlot()
  } catch (error) {
    releaseSlot()
    throw error
  }
}

function chooseCloseReason({ log, metrics }: OperationServices, error: unknown): CloseReason {
  if (error instanceof TokenExpired) return closeReasons.expired
  if (error instanceof HttpError) {
    metrics.countRefusal(error.code)
    return closeReasons.tooManyConnections
  }
  log.error({ err: error }, 'The credential of a socket could not be checked')
  return closeReasons.tryAgain
}

/** Reads the connection parameter, which clients spell like the header, in upper or lower case. */
function readCredential(params: MessagePayload): string | null {
  const credential = params.authorization ?? params.Authorization
  return typeof credential === 'string' ? credential : null
}

function createTooLargeError(): HttpError {
  return new HttpError(
    413,
    'PAYLOAD_TOO_LARGE',
    `The message is larger than ${sizeLimits.maxBodyBytes} bytes. Send a smaller one.`,
  )
}

function createTooManyOperationsError(): HttpError {
  const maxOperations = sizeLimits.maxOperationsPerSocket
  return new HttpError(
    429,
    'TOO_MANY_OPERATIONS',
    `The socket already has ${maxOperations} operations. Complete one of them, or open another socket.`,
  )
}
