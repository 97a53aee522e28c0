import { type ReactNode, useEffect } from 'react'
import { useQuery } from 'urql'
import { Badge } from '../../components/badge.tsx'
import { RelativeTime } from '../../components/building-time.tsx'
import { Facts } from '../../components/facts.tsx'
import { Card } from '../../components/screen.tsx'
import { QueryStates } from '../../components/states.tsx'
import { SettingsGatewayDocument, type SettingsGatewayQuery } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import styles from './settings.module.css'

type Gateway = SettingsGatewayQuery['gateway']

const pollMs = 10_000

/** The state of the gateway, read again every ten seconds. */
export function GatewayHealth(): ReactNode {
  const [result, reexecute] = useQuery({
    query: SettingsGatewayDocument,
    requestPolicy: 'cache-and-network',
  })
  useEffect(() => {
    const timer = setInterval(() => reexecute({ requestPolicy: 'network-only' }), pollMs)
    return () => clearInterval(timer)
  }, [reexecute])
  return (
    <>
      <p className="muted">{texts.gateway.lead}</p>
      <QueryStates result={result} retry={() => reexecute({ requestPolicy: 'network-only' })} lines={6}>
        {({ gateway }) => <GatewayCards gateway={gateway} />}
      </QueryStates>
    </>
  )
}

function GatewayCards({ gateway }: { readonly gateway: Gateway }): ReactNode {
  const refused = gateway.refusedWebhooks.map(({ reason, count }) => `${reason}: ${count}`).join(', ')
  return (
    <div className={styles.stack}>
      <Card
        title={texts.gateway.readiness}
        action={
          <Badge tone={gateway.isReady ? 'good' : 'bad'}>
            {gateway.isReady ? texts.gateway.ready : texts.gateway.notReady}
          </Badge>
        }
      >
        <Facts
          className={styles.facts}
          facts={[
            [texts.gateway.version, gateway.version],
            [texts.gateway.started, <RelativeTime key="started" value={gateway.startedAt} />],
            [texts.gateway.subscribers, gateway.subscriberCount.toLocaleString('en')],
          ]}
        />
      </Card>
      <Card
        title={texts.gateway.journal}
        action={
          <Badge tone={gateway.isJournalHealthy ? 'good' : 'bad'}>
            {gateway.isJournalHealthy ? texts.gateway.healthy : texts.gateway.unhealthy}
          </Badge>
        }
      >
        <Facts
          className={styles.facts}
          facts={[
            [texts.gateway.storageLabel, texts.gateway.storage[gateway.storage]],
            [texts.gateway.changes, texts.gateway.changesValue(gateway.journalFloor, gateway.journalHead)],
          ]}
        />
      </Card>
      <Card title={texts.gateway.seam}>
        <Facts
          className={styles.facts}
          facts={[
            [texts.gateway.webhook, gateway.webhookStatus ?? texts.gateway.starting],
            [
              texts.gateway.reconciled,
              gateway.reconciledAt === null ? (
                texts.gateway.notReconciled
              ) : (
                <RelativeTime key="reconciled" value={gateway.reconciledAt} />
              ),
            ],
            [
              texts.gateway.calls,
              texts.gateway.callsValue(gateway.runningSeamCalls, gateway.waitingSeamCalls),
            ],
            [texts.gateway.refused, refused === '' ? texts.gateway.noneRefused : refused],
          ]}
        />
      </Card>
    </div>
  )
}
