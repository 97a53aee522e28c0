import { type ReactNode, useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, Skeleton } from '../../components/states.tsx'
import { ConnectAccountsDocument, type ConnectAccountsQuery } from '../../graph/generated/graphql.ts'
import { useHasScope, useRefetchOnChange, useViewer } from '../../graph/graph.tsx'
import { useAllPages } from '../../graph/use-all-pages.ts'
import { texts } from '../../texts.ts'
import { AccountCard } from './account-card.tsx'
import { ConnectButton, ConnectProgress } from './connect-webview.tsx'

const noVariables = {}
const selectAccounts = (data: ConnectAccountsQuery) => data.connectedAccounts

/** The Latch logins of the company: connect one, see its state and errors with advice, disconnect it. */
export function Connect(): ReactNode {
  const viewer = useViewer()
  const canConnect = useHasScope('CONNECTIONS_WRITE') && viewer.reach.allSystems
  const [parameters, setParameters] = useSearchParams()
  const [refetchKey, setRefetchKey] = useState(0)
  useRefetchOnChange(
    () => setRefetchKey((key) => key + 1),
    ({ __typename }) => __typename === 'ConnectionChange',
    500,
  )
  const { nodes, isComplete, error } = useAllPages(
    ConnectAccountsDocument,
    noVariables,
    selectAccounts,
    refetchKey,
  )
  const accounts = useMemo(
    () => nodes.toSorted((a, b) => Number(b.state === 'DISCONNECTED') - Number(a.state === 'DISCONNECTED')),
    [nodes],
  )
  const webviewId = parameters.get('webview')
  return (
    <Screen
      title={texts.navigation.connect}
      lead={texts.connect.lead}
      isNarrow
      actions={canConnect ? <ConnectButton onCreated={(id) => setParameters({ webview: id })} /> : undefined}
    >
      {webviewId === null ? null : <ConnectProgress id={webviewId} onClose={() => setParameters({})} />}
      {error === null ? null : <ErrorState error={error} />}
      {accounts.length > 0 ? (
        accounts.map((account) => (
          <AccountCard key={account.id} account={account} canDisconnect={canConnect} />
        ))
      ) : isComplete ? (
        <Empty title={texts.connect.none}>
          {canConnect ? texts.connect.noneDetail : texts.connect.needsScope}
        </Empty>
      ) : (
        error === null && <Skeleton lines={5} />
      )}
    </Screen>
  )
}
