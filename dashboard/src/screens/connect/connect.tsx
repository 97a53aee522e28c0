import { type ReactNode, useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, Skeleton } from '../../components/states.tsx'
import {
  type ConnectAccountFragment,
  ConnectAccountsDocument,
  type ConnectAccountsQuery,
} from '../../graph/generated/graphql.ts'
import { useHasScope, useViewer } from '../../graph/graph.tsx'
import type { ListUpdates } from '../../graph/live-list.ts'
import { useAllPages } from '../../graph/use-all-pages.ts'
import { texts } from '../../texts.ts'
import { AccountCard, DisconnectDialog } from './account-card.tsx'
import { ConnectButton, ConnectProgress } from './connect-webview.tsx'

const noVariables = {}
const selectAccounts = (data: ConnectAccountsQuery) => data.connectedAccounts
const updates: ListUpdates<ConnectAccountFragment> = {
  findRows: ({ __typename }) => (__typename === 'ConnectionChange' ? 'all' : []),
  intervalMs: 500,
}

/** The Latch logins of the company: connect one, see its state and errors with advice, disconnect it. */
export function Connect(): ReactNode {
  const viewer = useViewer()
  const canConnect = useHasScope('CONNECTIONS_WRITE') && viewer.reach.allSystems
  const [parameters, setParameters] = useSearchParams()
  const { nodes, isComplete, error } = useAllPages(
    ConnectAccountsDocument,
    noVariables,
    selectAccounts,
    updates,
  )
  const accounts = useMemo(
    () => nodes.toSorted((a, b) => Number(b.state === 'DISCONNECTED') - Number(a.state === 'DISCONNECTED')),
    [nodes],
  )
  const [disconnecting, setDisconnecting] = useState<ConnectAccountFragment | null>(null)
  const webviewId = parameters.get('webview')
  return (
    <Screen
      title={texts.navigation.connect}
      lead={texts.connect.lead}
      actions={
        canConnect && webviewId === null ? (
          <ConnectButton onCreated={(id) => setParameters({ webview: id })} />
        ) : undefined
      }
    >
      {webviewId === null ? null : <ConnectProgress id={webviewId} onClose={() => setParameters({})} />}
      {error === null ? null : <ErrorState error={error} />}
      {accounts.length > 0 ? (
        accounts.map((account) => (
          <AccountCard
            key={account.id}
            account={account}
            onDisconnect={canConnect ? () => setDisconnecting(account) : null}
          />
        ))
      ) : isComplete ? (
        <Empty title={texts.connect.none}>
          {canConnect ? texts.connect.noneDetail : texts.connect.needsScope}
        </Empty>
      ) : (
        error === null && <Skeleton lines={5} />
      )}
      {disconnecting === null ? null : (
        <DisconnectDialog account={disconnecting} onClose={() => setDisconnecting(null)} />
      )}
    </Screen>
  )
}
