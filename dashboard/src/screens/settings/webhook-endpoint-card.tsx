import { type ReactNode, useState } from 'react'
import { useMutation } from 'urql'
import { Badge, type Tone } from '../../components/badge.tsx'
import { RelativeTime } from '../../components/building-time.tsx'
import { Facts } from '../../components/facts.tsx'
import { FormErrors } from '../../components/form-errors.tsx'
import { Card } from '../../components/screen.tsx'
import { type SettingsEndpointFragment, SettingsTestWebhookDocument } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import styles from './settings.module.css'
import { WebhookEndpointActions } from './webhook-endpoint-actions.tsx'

type Endpoint = SettingsEndpointFragment

/** A webhook endpoint with its state, its last failure and its actions. */
export function WebhookEndpointCard({
  endpoint,
  onChanged,
  onDelete,
  onSecret,
}: {
  readonly endpoint: Endpoint
  readonly onChanged: () => void
  /** The card disappears with its endpoint, so it cannot show the outcome itself. */
  readonly onDelete: () => void
  readonly onSecret: (secret: string | null) => void
}): ReactNode {
  const [{ fetching, data, error }, test] = useMutation(SettingsTestWebhookDocument)
  const [hasTested, setHasTested] = useState(false)
  const { label, tone } = describeState(endpoint)
  return (
    <Card>
      <div className={styles.endpointHeader}>
        <h2 className={styles.url}>{endpoint.url}</h2>
        <span className={styles.actions}>
          {endpoint.isOwn ? null : <Badge tone="neutral">{texts.webhookEndpoints.foreign}</Badge>}
          <Badge tone={tone}>{label}</Badge>
        </span>
      </div>
      {endpoint.description === null ? null : <p className="muted">{endpoint.description}</p>}
      {endpoint.stopReason === null ? null : (
        <p className={styles.failure}>{texts.webhookEndpoints.stopReasons[endpoint.stopReason]}</p>
      )}
      {endpoint.failure === null ? null : (
        <p className={styles.failure}>
          {texts.webhookEndpoints.lastFailure(endpoint.failure.message)}{' '}
          <RelativeTime value={endpoint.failure.at} />
        </p>
      )}
      <EndpointFacts endpoint={endpoint} />
      <div role="status">
        {hasTested && !fetching ? <TestResult result={data?.sendTestWebhook ?? null} error={error} /> : null}
      </div>
      <WebhookEndpointActions
        endpoint={endpoint}
        isTesting={fetching}
        onTest={() => {
          setHasTested(true)
          void test({ input: { webhookEndpointId: endpoint.id } })
        }}
        onChanged={onChanged}
        onDelete={onDelete}
        onSecret={onSecret}
      />
    </Card>
  )
}

function describeState({ state, failure }: Endpoint): { label: string; tone: Tone } {
  if (state === 'ACTIVE' && failure !== null) return { label: texts.webhookEndpoints.failing, tone: 'bad' }
  const tones = { ACTIVE: 'good', PAUSED: 'warn', STOPPED: 'bad' } as const
  return { label: texts.webhookEndpoints.states[state], tone: tones[state] }
}

function describeFilter({ filter }: Endpoint): string {
  const { subjects, acsSystemId, acsUserId, acsEntranceId, kinds, origins } = filter
  const names = subjects?.map((subject) => texts.webhookEndpoints.subjects[subject]).join(', ')
  const hasOthers = [acsSystemId, acsUserId, acsEntranceId, kinds, origins].some((value) => value !== null)
  const base = names ?? texts.webhookEndpoints.allChanges
  return hasOthers ? `${base} ${texts.webhookEndpoints.otherConditions}` : base
}

function EndpointFacts({ endpoint }: { readonly endpoint: Endpoint }): ReactNode {
  const { parallel, lag, lastDeliveredAt, failingSince, nextTryAt, createdAt } = endpoint
  const time = (value: string) => <RelativeTime value={value} />
  return (
    <Facts
      className={styles.facts}
      facts={[
        [texts.webhookEndpoints.sends, describeFilter(endpoint)],
        [texts.webhookEndpoints.parallel, parallel],
        ...(lag === null ? [] : [[texts.webhookEndpoints.undelivered, <Lag key="lag" lag={lag} />] as const]),
        [
          texts.webhookEndpoints.lastDelivered,
          lastDeliveredAt === null ? texts.webhookEndpoints.notYet : time(lastDeliveredAt),
        ],
        ...(failingSince === null
          ? []
          : [[texts.webhookEndpoints.failingSince, time(failingSince)] as const]),
        ...(nextTryAt === null ? [] : [[texts.webhookEndpoints.nextTry, time(nextTryAt)] as const]),
        [texts.webhookEndpoints.createdAt, time(createdAt)],
      ]}
    />
  )
}

function Lag({ lag }: { readonly lag: NonNullable<Endpoint['lag']> }): ReactNode {
  const { undeliveredCount, isLowerBound, oldestUndeliveredAt } = lag
  const count = texts.webhookEndpoints.undeliveredCount(undeliveredCount, isLowerBound)
  if (oldestUndeliveredAt === null) return count
  return (
    <>
      {count}, {texts.webhookEndpoints.oldest} <RelativeTime value={oldestUndeliveredAt} />
    </>
  )
}

type TestPayload = {
  readonly result: {
    readonly isDelivered: boolean
    readonly status: number | null
    readonly failure: string | null
  } | null
  readonly userErrors: readonly { readonly message: string }[]
}

function TestResult({
  result: payload,
  error,
}: {
  readonly result: TestPayload | null
  readonly error: { readonly message: string } | undefined
}): ReactNode {
  const result = payload?.result ?? null
  if (result === null) {
    const messages = payload?.userErrors.map(({ message }) => message) ?? []
    return (
      <FormErrors messages={messages.length > 0 ? messages : [error?.message ?? texts.form.unexpected]} />
    )
  }
  return result.isDelivered ? (
    <p className={styles.success}>{texts.webhookEndpoints.testDelivered(result.status)}</p>
  ) : (
    <p className={styles.failure}>{texts.webhookEndpoints.testFailed(result.failure ?? '')}</p>
  )
}
