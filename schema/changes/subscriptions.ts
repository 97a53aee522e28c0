import type { Batch } from '../../src/feed/subscription.ts'
import type { ChangeSubject } from '../../src/model/change.ts'
import type { ChangeFilter as ChangeFilterShape } from '../../src/model/change-filter.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import {
  ChangeFilter,
  CredentialChangeFilter,
  EntranceChangeFilter,
  UserChangeFilter,
} from '../lists/filter-inputs.ts'
import { ChangeFeed, ConnectionFeed, CredentialFeed, EntranceFeed, UserFeed } from './change-types.ts'
import { type ChangeFilterInput, toChangeFilter } from './read-change-filter.ts'

type FeedArgs = { readonly filter?: ChangeFilterInput | null }

/** Root field extension that tells the transports which changes a subscription selects. */
const describeSubject = (subject: ChangeSubject | null) => ({
  filterOf({ filter }: FeedArgs): ChangeFilterShape {
    const changeFilter = toChangeFilter(filter)
    return subject === null ? changeFilter : { ...changeFilter, subjects: [subject] }
  },
})

const afterText =
  'Position after which changes are delivered: first the changes since then, then new changes. If omitted, only new changes are delivered.'
const filterText = 'Conditions that the delivered changes must meet.'
const authScopes = { scope: 'events' } as const

/**
 * The feed creates the batches and executes the document of a subscription for each of them, so `subscribe` is never
 * called.
 */
function rejectSubscribe(): AsyncIterable<Batch> {
  throw new Error('Subscriptions are delivered by the feed; `subscribe` must not be called.')
}

builder.subscriptionFields((t) => ({
  changes: t.field({
    subGraphs: inPartnerGraph,
    type: ChangeFeed,
    description: 'Delivers changes to objects of all types. Requires the `read` and `events` scopes.',
    authScopes,
    extensions: describeSubject(null),
    args: {
      after: t.arg({ type: 'Cursor', description: afterText }),
      filter: t.arg({ type: ChangeFilter, description: filterText }),
    },
    subscribe: rejectSubscribe,
    resolve: (batch) => batch,
  }),
  credentialChanges: t.field({
    subGraphs: inPartnerGraph,
    type: CredentialFeed,
    description:
      "Delivers changes to credentials: from Seam's events, from mutations of this gateway, and from comparisons with Seam. Requires the `read` and `events` scopes.",
    authScopes,
    extensions: describeSubject('CREDENTIAL'),
    args: {
      after: t.arg({ type: 'Cursor', description: afterText }),
      filter: t.arg({ type: CredentialChangeFilter, description: filterText }),
    },
    subscribe: rejectSubscribe,
    resolve: (batch) => batch,
  }),
  connectionChanges: t.field({
    subGraphs: inPartnerGraph,
    type: ConnectionFeed,
    description:
      'Delivers changes to connected accounts, ACS systems and Connect Webviews. Requires the `read` and `events` scopes.',
    authScopes,
    extensions: describeSubject('CONNECTION'),
    args: { after: t.arg({ type: 'Cursor', description: afterText }) },
    subscribe: rejectSubscribe,
    resolve: (batch) => batch,
  }),
  userChanges: t.field({
    subGraphs: inPartnerGraph,
    type: UserFeed,
    description: 'Delivers changes to ACS users. Requires the `read` and `events` scopes.',
    authScopes,
    extensions: describeSubject('USER'),
    args: {
      after: t.arg({ type: 'Cursor', description: afterText }),
      filter: t.arg({ type: UserChangeFilter, description: filterText }),
    },
    subscribe: rejectSubscribe,
    resolve: (batch) => batch,
  }),
  entranceChanges: t.field({
    subGraphs: inPartnerGraph,
    type: EntranceFeed,
    description: 'Delivers changes to entrances. Requires the `read` and `events` scopes.',
    authScopes,
    extensions: describeSubject('ENTRANCE'),
    args: {
      after: t.arg({ type: 'Cursor', description: afterText }),
      filter: t.arg({ type: EntranceChangeFilter, description: filterText }),
    },
    subscribe: rejectSubscribe,
    resolve: (batch) => batch,
  }),
}))
