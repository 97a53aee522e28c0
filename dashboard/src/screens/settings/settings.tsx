import type { ReactNode } from 'react'
import { Link, Redirect } from 'wouter'
import { Screen } from '../../components/screen.tsx'
import { Empty } from '../../components/states.tsx'
import { NotFound } from '../../frame/not-found.tsx'
import { useViewer, type Viewer } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { ApiKeys } from './api-keys.tsx'
import { GatewayHealth } from './gateway-health.tsx'
import styles from './settings.module.css'
import { WebhookEndpoints } from './webhook-endpoints.tsx'

type Tab = { readonly id: keyof typeof texts.settings.tabs; readonly isAllowed: (viewer: Viewer) => boolean }

const isAdministrator = ({ scopes, reach }: Viewer): boolean => scopes.includes('ADMIN') && reach.allSystems

const tabs: readonly Tab[] = [
  { id: 'api-keys', isAllowed: isAdministrator },
  { id: 'webhooks', isAllowed: ({ scopes }) => scopes.includes('EVENTS') },
  { id: 'gateway', isAllowed: isAdministrator },
]

/** Settings: API keys, webhook endpoints and the state of the gateway, each with its own address. */
export function Settings({ tab }: { readonly tab: string | null }): ReactNode {
  const viewer = useViewer()
  const allowed = tabs.filter(({ isAllowed }) => isAllowed(viewer))
  const [first] = allowed
  if (first === undefined)
    return (
      <Screen title={texts.navigation.settings}>
        <Empty title={texts.settings.nothing}>{texts.settings.nothingDetail}</Empty>
      </Screen>
    )
  if (tab === null) return <Redirect to={`/settings/${first.id}`} replace />
  const current = tabs.find(({ id }) => id === tab)
  if (current === undefined) return <NotFound />
  const isAllowed = allowed.includes(current)
  return (
    <Screen title={texts.navigation.settings} lead={texts.settings.lead}>
      <nav aria-label={texts.settings.tabsLabel} className={styles.tabs}>
        {allowed.map(({ id }) => (
          <Link key={id} href={`/settings/${id}`} aria-current={id === tab ? 'page' : undefined}>
            {texts.settings.tabs[id]}
          </Link>
        ))}
      </nav>
      {isAllowed ? (
        <TabContent id={current.id} />
      ) : (
        <Empty title={texts.states.forbidden}>{texts.settings.nothingDetail}</Empty>
      )}
    </Screen>
  )
}

function TabContent({ id }: Pick<Tab, 'id'>): ReactNode {
  if (id === 'api-keys') return <ApiKeys />
  return id === 'webhooks' ? <WebhookEndpoints /> : <GatewayHealth />
}
