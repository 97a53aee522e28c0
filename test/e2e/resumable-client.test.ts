import { setTimeout as delay } from 'node:timers/promises'
import { ApolloClient, gql, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { createClient as createUrqlClient, subscriptionExchange } from '@urql/core'
import { type Client, createClient } from 'graphql-ws'
import {
  type ConcreteRequest,
  Environment,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
} from 'relay-runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createResumableClient } from '../../clients/resumable.ts'
import { allEvents, ask, type Deployment, startDeployment } from '../support/deployment.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startWebhookStorm } from '../support/webhook-storm.ts'

const kills = 3
const document =
  'subscription Watch($after: Cursor) { credentialChanges(after: $after) { cursor gap { reason } changes { seamEventId } } }'

type Batch = {
  readonly cursor: string
  readonly gap: { readonly reason: string } | null
  readonly changes: readonly { readonly seamEventId: string }[]
}
type Data = { readonly credentialChanges: Batch }

/** Subscribes with a frontend library as its documentation describes, with a fixed cursor in the variables. */
type Frontend = (client: Client, after: string, take: (data: Data) => void) => void

const frontends: Readonly<Record<string, Frontend>> = {
  'graphql-ws alone': (client, after, take) => {
    client.subscribe<Data>(
      { query: document, variables: { after } },
      { next: ({ data }) => data != null && take(data), error: fail, complete: () => {} },
    )
  },
  'Apollo Client': (client, after, take) => {
    const apollo = new ApolloClient({ link: new GraphQLWsLink(client), cache: new InMemoryCache() })
    apollo
      .subscribe<Data>({ query: gql(document), variables: { after }, fetchPolicy: 'no-cache' })
      .subscribe(({ data, error }) => (data == null ? fail(error) : take(data)))
  },
  urql: (client, after, take) => {
    const urql = createUrqlClient({
      url: 'http://localhost/graphql',
      preferGetMethod: false,
      exchanges: [
        subscriptionExchange({
          forwardSubscription: ({ query = '', ...request }) => ({
            subscribe: (sink) => ({
              unsubscribe: client.subscribe({ ...request, query } as Parameters<Client['subscribe']>[0], {
                next: (result) => sink.next(result as Parameters<typeof sink.next>[0]),
                error: sink.error,
                complete: sink.complete,
              }),
            }),
          }),
        }),
      ],
    })
    urql
      .subscription<Data>(document, { after })
      .subscribe(({ data, error }) => (data == null ? fail(error) : take(data)))
  },
  "Relay's runtime": (client, after, take) => {
    const network = Network.create(
      () => Promise.reject(new Error('nothing is queried')),
      ({ text }, variables) =>
        Observable.create((sink) =>
          client.subscribe<GraphQLResponse>(
            { query: text ?? '', variables },
            {
              next: (result) => sink.next(result as GraphQLResponse),
              error: (error) => sink.error(error as Error),
              complete: () => sink.complete(),
            },
          ),
        ),
    )
    const environment = new Environment({ network, store: new Store(new RecordSource()) })
    requestSubscription(environment, {
      subscription: compiled,
      variables: { after },
      onNext: (data) => take(data as Data),
      onError: fail,
    })
  },
}

function fail(error: unknown): never {
  throw error
}

const scalar = (name: string) => ({ kind: 'ScalarField', name, alias: null, args: null, storageKey: null })
const linked = (name: string, concreteType: string, plural: boolean, selections: readonly object[]) => ({
  ...{ kind: 'LinkedField', name, alias: null, args: null, storageKey: null },
  ...{ concreteType, plural, selections },
})
/** The document as Relay's compiler generates it. */
const compiled = (() => {
  const argumentDefinitions = [{ kind: 'LocalArgument', name: 'after', defaultValue: null }]
  const root = {
    ...linked('credentialChanges', 'CredentialFeed', false, [
      scalar('cursor'),
      linked('gap', 'Gap', false, [scalar('reason')]),
      linked('changes', 'CredentialChange', true, [scalar('seamEventId')]),
    ]),
    args: [{ kind: 'Variable', name: 'after', variableName: 'after' }],
  }
  const selections = [root]
  return {
    kind: 'Request',
    fragment: {
      ...{ kind: 'Fragment', name: 'Watch', type: 'Subscription', abstractKey: null, metadata: null },
      ...{ argumentDefinitions, selections },
    },
    operation: { kind: 'Operation', name: 'Watch', argumentDefinitions, selections },
    params: {
      ...{ cacheID: 'watch', id: null, metadata: {}, name: 'Watch', operationKind: 'subscription' },
      text: document,
    },
  } as unknown as ConcreteRequest
})()

let deployment: Deployment | null = null
afterEach(async () => {
  await deployment?.[Symbol.asyncDispose]()
  deployment = null
})

describe('a subscription over the resumable client', () => {
  it('should deliver each change once in every frontend library while the gateway is killed', async () => {
    deployment = await startDeployment()
    const { key, sandbox, secret, urls, wsUrls } = deployment
    const [url = ''] = urls
    const { cursor } = await ask<{ cursor: string }>(url, key, '{ cursor }')
    const options = {
      url: wsUrls[0] ?? '',
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      retryWait: () => Promise.resolve(),
    }
    const followers = Object.entries(frontends).map(([name, subscribe]) => {
      const client = createResumableClient(options)
      let connections = 0
      client.on('connected', () => connections++)
      const received: string[] = []
      const gaps: string[] = []
      subscribe(client, cursor, ({ credentialChanges: { gap, changes } }) => {
        if (gap !== null) gaps.push(gap.reason)
        received.push(...changes.map(({ seamEventId }) => seamEventId))
      })
      return { name, client, received, gaps, connections: () => connections }
    })
    const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 100 })
    for (let kill = 1; kill <= kills; kill++) {
      await waitUntil(() => followers.every(({ connections }) => connections() >= kill))
      await waitUntil(() => storm.acknowledged.size >= 40 * kill)
      await deployment.restart(0)
    }
    await storm.finish()
    const journal = await allEvents(url, key)
    for (const { client, connections, gaps, name, received } of followers) {
      await waitUntil(() => received.length >= journal.length)
      expect(received, name).toEqual(journal)
      expect(gaps, name).toEqual([])
      expect(connections(), name).toBeGreaterThan(kills)
      await client.dispose()
    }
  })

  it('should start at the newer cursor of its own `after` and `extensions.after`', async () => {
    deployment = await startDeployment()
    const { key, sandbox, secret, urls, wsUrls } = deployment
    const [url = ''] = urls
    const { cursor: first } = await ask<{ cursor: string }>(url, key, '{ cursor }')
    const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 100 })
    await waitUntil(() => storm.acknowledged.size >= 20)
    await storm.finish()
    // The ACS user of a change may follow in another change.
    let journal: readonly string[] = []
    for (let newest = await allEvents(url, key); newest.length !== journal.length; ) {
      journal = newest
      await delay(1_500)
      newest = await allEvents(url, key)
    }
    const { cursor: last } = await ask<{ cursor: string }>(url, key, '{ cursor }')
    const client = createClient({
      url: wsUrls[0] ?? '',
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
    })
    const firstBatch = async (after: string | null, given: string | null) => {
      for await (const { data } of client.iterate<Data>({
        query: document,
        variables: { after },
        extensions: { after: given },
      }))
        return data?.credentialChanges.changes.length
      return null
    }
    expect(await firstBatch(first, null)).toBe(journal.length)
    expect(await firstBatch(null, first)).toBe(journal.length)
    expect(await firstBatch(first, last)).toBe(0)
    expect(await firstBatch(last, first)).toBe(0)
    expect(await firstBatch('', last)).toBe(0)
    await client.dispose()
  })
})
