import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionArgs } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'

/**
 * GraphQL server as the documentation of GraphQL Yoga and graphql-ws describes it, with the gateway's graph: its pub/sub executes each
 * subscriber's operation for each change. Publishes the batch of the `next` message that it receives from the parent process.
 */
const eventTarget = new EventTarget()
// Node warns about more than 10 subscribers otherwise.
setMaxListeners(0, eventTarget)
const pubSub = createPubSub<{ changes: [batch: object] }>({ eventTarget })
const schema = createSchema({
  typeDefs: readFileSync('schema/schema.graphql', 'utf8'),
  resolvers: {
    Subscription: {
      changes: {
        async *subscribe() {
          // As in the gateway, a first message confirms the subscription.
          yield { cursor: '', gap: null, changes: [] }
          yield* pubSub.subscribe('changes')
        },
        resolve: (batch: object) => batch,
      },
    },
    Change: { __resolveType: () => 'CredentialChange' },
  },
})
const yoga = createYoga({ schema, logging: false })
const server = createServer(yoga)
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint, perMessageDeflate: false })

type EnvelopedArgs = ExecutionArgs & {
  rootValue: Pick<ReturnType<typeof yoga.getEnveloped>, 'execute' | 'subscribe'>
}

useServer(
  {
    execute: (args) => (args as EnvelopedArgs).rootValue.execute(args),
    subscribe: (args) => (args as EnvelopedArgs).rootValue.subscribe(args),
    async onSubscribe(context, _id, params) {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      })
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
      const errors = validate(args.schema, args.document)
      return errors.length > 0 ? errors : args
    },
  },
  sockets,
)
process.on('message', (message: string | object) => {
  if (typeof message !== 'string') return
  const { payload } = JSON.parse(message) as { payload: { data: { changes: object } } }
  pubSub.publish('changes', payload.data.changes)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
