import { type ReactNode, useEffect, useState } from 'react'
import { Button } from 'react-aria-components'
import { useQuery } from 'urql'
import { Empty, QueryStates } from '../../components/states.tsx'
import {
  type SettingsEndpointFragment,
  SettingsWebhookEndpointsDocument,
} from '../../graph/generated/graphql.ts'
import { useViewer } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { SecretOnce } from './secret-once.tsx'
import styles from './settings.module.css'
import { DeleteWebhookEndpoint } from './webhook-endpoint-actions.tsx'
import { WebhookEndpointCard } from './webhook-endpoint-card.tsx'
import { WebhookEndpointForm } from './webhook-endpoint-form.tsx'

const pollMs = 5_000

/** The webhook endpoints that the viewer can manage. Their state is read again every five seconds. */
export function WebhookEndpoints(): ReactNode {
  const viewer = useViewer()
  const [result, reexecute] = useQuery({
    query: SettingsWebhookEndpointsDocument,
    requestPolicy: 'cache-and-network',
  })
  const refetch = () => reexecute({ requestPolicy: 'network-only' })
  useEffect(() => {
    const timer = setInterval(() => reexecute({ requestPolicy: 'network-only' }), pollMs)
    return () => clearInterval(timer)
  }, [reexecute])
  const [isCreating, setIsCreating] = useState(false)
  const [deleting, setDeleting] = useState<SettingsEndpointFragment | null>(null)
  const [secret, setSecret] = useState<{ readonly text: string | null } | null>(null)
  // An endpoint outlives a token, so that viewers with a token cannot create one.
  const canCreate = !viewer.name.startsWith('jwt:')
  return (
    <>
      <div className={styles.bar}>
        <p className="muted">{texts.webhookEndpoints.lead}</p>
        {canCreate ? (
          <Button className="react-aria-Button primary" onPress={() => setIsCreating(true)}>
            {texts.webhookEndpoints.create}
          </Button>
        ) : null}
      </div>
      <QueryStates result={result} retry={refetch} lines={4}>
        {({ webhookEndpoints }) =>
          webhookEndpoints.length === 0 ? (
            <Empty title={texts.webhookEndpoints.empty}>{texts.webhookEndpoints.emptyDetail}</Empty>
          ) : (
            <div className={styles.stack}>
              {webhookEndpoints.map((endpoint) => (
                <WebhookEndpointCard
                  key={endpoint.id}
                  endpoint={endpoint}
                  onChanged={refetch}
                  onDelete={() => setDeleting(endpoint)}
                  onSecret={(text) => setSecret({ text })}
                />
              ))}
            </div>
          )
        }
      </QueryStates>
      {isCreating ? (
        <WebhookEndpointForm
          endpoint={null}
          onClose={() => setIsCreating(false)}
          onSaved={(text) => {
            setIsCreating(false)
            setSecret({ text })
            refetch()
          }}
        />
      ) : null}
      {deleting === null ? null : (
        <DeleteWebhookEndpoint endpoint={deleting} onChanged={refetch} onClose={() => setDeleting(null)} />
      )}
      {secret === null ? null : (
        <SecretOnce
          title={texts.webhookEndpoints.secretTitle}
          label={texts.webhookEndpoints.secretLabel}
          value={secret.text}
          usage={texts.webhookEndpoints.secretUsage}
          onDone={() => setSecret(null)}
        />
      )}
    </>
  )
}
