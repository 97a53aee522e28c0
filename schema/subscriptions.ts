import type { Change as ChangeShape, ChangeSubject } from '../src/model/change.ts'
import { builder, forPartners } from './builder.ts'
import { ChangeFeed, ConnectionFeed, CredentialFeed, EntranceFeed, UserFeed } from './change.ts'
import { type ChangeFilterInput, changeMatcher } from './change-filter.ts'
import { ChangeFilter, CredentialChangeFilter, EntranceChangeFilter, UserChangeFilter } from './filters.ts'

type FeedArgs = { readonly filter?: ChangeFilterInput | null }

/** Tells the transports, through the root field's extensions, which changes a subscription is about. */
const about = (subject: ChangeSubject | null) => ({
  wants({ filter }: FeedArgs): (change: ChangeShape) => boolean {
    const matches = changeMatcher(filter)
    return (change) => (subject === null || change.subject === subject) && matches(change)
  },
})

const afterText =
  'Go on after this position: what happened since comes first, then what happens. Without it, from now on.'
const filterText = 'Which changes.'
const authScopes = { scope: 'events' } as const

/** Batches come from our own feed, which executes a subscription's document over each of them: nobody subscribes here. */
function subscribe(): never {
  throw new Error('Subscriptions are delivered by the feed.')
}

builder.subscriptionFields((t) => ({
  changes: t.field({
    subGraphs: forPartners,
    type: ChangeFeed,
    description: 'Changes of everything.',
    authScopes,
    extensions: about(null),
    args: {
      after: t.arg({ type: 'Cursor', description: afterText }),
      filter: t.arg({ type: ChangeFilter, description: filterText }),
    },
    subscribe,
    resolve: (batch) => batch as never,
  }),
  credentialChanges: t.field({
    subGraphs: forPartners,
    type: CredentialFeed,
    description:
      'Changes of credentials: issued, issued again, invalidated, deleted, and what reconciliation finds.',
    authScopes,
    extensions: about('CREDENTIAL'),
    args: {
      after: t.arg({ type: 'Cursor', description: afterText }),
      filter: t.arg({ type: CredentialChangeFilter, description: filterText }),
    },
    subscribe,
    resolve: (batch) => batch as never,
  }),
  connectionChanges: t.field({
    subGraphs: forPartners,
    type: ConnectionFeed,
    description: 'Changes of connected accounts, systems and Connect Webviews.',
    authScopes,
    extensions: about('CONNECTION'),
    args: { after: t.arg({ type: 'Cursor', description: afterText }) },
    subscribe,
    resolve: (batch) => batch as never,
  }),
  userChanges: t.field({
    subGraphs: forPartners,
    type: UserFeed,
    description: 'Changes of people.',
    authScopes,
    extensions: about('USER'),
    args: {
      after: t.arg({ type: 'Cursor', description: afterText }),
      filter: t.arg({ type: UserChangeFilter, description: filterText }),
    },
    subscribe,
    resolve: (batch) => batch as never,
  }),
  entranceChanges: t.field({
    subGraphs: forPartners,
    type: EntranceFeed,
    description: 'Changes of doors.',
    authScopes,
    extensions: about('ENTRANCE'),
    args: {
      after: t.arg({ type: 'Cursor', description: afterText }),
      filter: t.arg({ type: EntranceChangeFilter, description: filterText }),
    },
    subscribe,
    resolve: (batch) => batch as never,
  }),
}))
