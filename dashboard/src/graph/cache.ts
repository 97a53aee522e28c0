import { cacheExchange, type KeyGenerator } from '@urql/exchange-graphcache'
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
}

const embed: KeyGenerator = () => null

/** The normalized cache: each object once, updated by responses and by the changes of the live subscription. */
export function createCacheExchange() {
  return cacheExchange({
    possibleTypes,
    keys: Object.fromEntries(embeddedTypes.map((type) => [type, embed])),
    updates: {
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
