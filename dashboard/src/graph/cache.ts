import { type Cache, cacheExchange, type KeyGenerator } from '@urql/exchange-graphcache'
import { applyChange, invalidateEverything } from './apply-change.ts'
import type { LiveSubscription } from './generated/graphql.ts'

/** Types that are stored as a part of the object that contains them. */
const embeddedTypes = [
  'AccessCheck',
  'AccessReason',
  'AccessSchedule',
  'AcsCredentialConnection',
  'AcsCredentialEdge',
  'AcsEntranceConnection',
  'AcsEntranceEdge',
  'AcsSystemCapabilities',
  'AcsSystemConnection',
  'AcsSystemEdge',
  'AcsUserConnection',
  'AcsUserEdge',
  'AuditDetail',
  'AuditRecord',
  'AuditRecordConnection',
  'AuditRecordEdge',
  'Capability',
  'ChangeConnection',
  'ChangeEdge',
  'ChangeFeed',
  'ConnectedAccountConnection',
  'ConnectedAccountEdge',
  'ConnectionChange',
  'CredentialChange',
  'EntranceChange',
  'Gap',
  'Gateway',
  'Issue',
  'LatchEntrance',
  'MoveStep',
  'PageInfo',
  'Reach',
  'RefusedWebhooks',
  'ScheduledMoveOut',
  'ScheduledMoveOutConnection',
  'ScheduledMoveOutEdge',
  'SyncState',
  'UnlockMethods',
  'UserChange',
  'UserError',
  'Viewer',
  'WebhookFailure',
  'WebhookFilter',
  'WebhookLag',
] as const

/** Types of the interfaces that documents use. */
const possibleTypes = {
  Change: ['UserChange', 'CredentialChange', 'EntranceChange', 'ConnectionChange'],
  Node: [
    'AcsCredential',
    'AcsEntrance',
    'AcsSystem',
    'AcsUser',
    'ConnectWebview',
    'ConnectedAccount',
    'UserIdentity',
  ],
  _Entity: ['AcsCredential', 'AcsEntrance', 'AcsSystem', 'AcsUser', 'UserIdentity'],
}

const embed: KeyGenerator = () => null

/** The normalized cache: each object once, updated by responses and by the changes of the live subscription. */
export function createCacheExchange() {
  return cacheExchange({
    possibleTypes,
    keys: Object.fromEntries(embeddedTypes.map((type) => [type, embed])),
    resolvers: {
      Query: {
        nodes(_parent, args, cache) {
          const known = cache.resolve('Query', 'nodes', args)
          return (args.ids as string[]).map(
            (id, index) => findObject(cache, id) ?? (Array.isArray(known) ? known[index] : undefined),
          )
        },
      },
    },
    updates: {
      Query: {
        // The objects are found by their IDs. Only the newest list is kept, so that the cache does not grow with each request.
        nodes(_result, args, cache) {
          for (const { fieldName, fieldKey, arguments: others } of cache.inspectFields('Query'))
            if (fieldName === 'nodes' && JSON.stringify(others) !== JSON.stringify(args))
              cache.invalidate('Query', fieldKey)
        },
      },
      Subscription: {
        changes(result, _args, cache) {
          const { gap, changes } = (result as LiveSubscription).changes
          if (gap !== null) invalidateEverything(cache)
          for (const change of changes) applyChange(cache, change)
        },
      },
    },
  })
}

/** Key of the object with a node ID, or `undefined` if the cache does not contain it. */
function findObject(cache: Cache, id: string): string | undefined {
  for (const __typename of possibleTypes.Node) {
    const key = cache.keyOfEntity({ __typename, id })
    if (key !== null && cache.resolve(key, 'id') !== undefined) return key
  }
  return undefined
}
