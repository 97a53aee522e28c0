import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import { useQuery } from 'urql'
import { Badge } from '../../components/badge.tsx'
import { BuildingTime, useNow } from '../../components/building-time.tsx'
import { type Column, DataTable, type Sorting } from '../../components/data-table.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { useMedia } from '../../components/use-media.ts'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  type SettingsApiKeyFragment,
  SettingsApiKeysDocument,
  SettingsRevokeApiKeyDocument,
} from '../../graph/generated/graphql.ts'
import { useViewer, type Viewer } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { ConfirmDialog } from '../forms/confirm-dialog.tsx'
import { CreateApiKey } from './create-api-key.tsx'
import { describeAccess } from './describe-access.ts'
import { NarrowApiKey } from './narrow-api-key.tsx'
import { SecretOnce } from './secret-once.tsx'
import styles from './settings.module.css'

type ApiKey = SettingsApiKeyFragment

const narrowRowHeight = 112
type NewKey = { readonly name: string; readonly text: string | null }

/** The API keys of the workspace: list, create, narrow, revoke. */
export function ApiKeys(): ReactNode {
  const viewer = useViewer()
  const nowMs = useNow()
  const [result, reexecute] = useQuery({
    query: SettingsApiKeysDocument,
    requestPolicy: 'cache-and-network',
  })
  const refetch = () => reexecute({ requestPolicy: 'network-only' })
  const [isCreating, setIsCreating] = useState(false)
  const [created, setCreated] = useState<NewKey | null>(null)
  const [narrowing, setNarrowing] = useState<ApiKey | null>(null)
  const [revoking, setRevoking] = useState<ApiKey | null>(null)
  const isNarrow = useMedia('(max-width: 720px)')
  const [sorting, setSorting] = useState<Sorting>([{ id: 'name', desc: false }])
  return (
    <>
      <div className={styles.bar}>
        <p className="muted">{texts.apiKeys.lead}</p>
        <Button className="react-aria-Button primary" onPress={() => setIsCreating(true)}>
          {texts.apiKeys.create}
        </Button>
      </div>
      <QueryStates result={result} retry={refetch} lines={4}>
        {({ apiKeys }) =>
          apiKeys.length === 0 ? (
            <Empty title={texts.apiKeys.empty}>{texts.apiKeys.emptyDetail}</Empty>
          ) : (
            <DataTable
              label={texts.settings.tabs['api-keys']}
              rows={apiKeys}
              columns={createColumns(viewer, nowMs, { narrow: setNarrowing, revoke: setRevoking })}
              sorting={sorting}
              onSortingChange={setSorting}
              rowHeight={isNarrow ? narrowRowHeight : 64}
            />
          )
        }
      </QueryStates>
      {isCreating ? (
        <CreateApiKey
          onClose={() => setIsCreating(false)}
          onCreated={(name, text) => {
            setIsCreating(false)
            setCreated({ name, text })
            refetch()
          }}
        />
      ) : null}
      {created === null ? null : (
        <SecretOnce
          title={texts.apiKeys.created(created.name)}
          label={texts.apiKeys.keyLabel}
          value={created.text}
          usage={texts.apiKeys.usage}
          onDone={() => setCreated(null)}
        />
      )}
      {narrowing === null ? null : <NarrowApiKey apiKey={narrowing} onClose={() => setNarrowing(null)} />}
      {revoking === null ? null : (
        <RevokeApiKey apiKey={revoking} onRevoked={refetch} onClose={() => setRevoking(null)} />
      )}
    </>
  )
}

function RevokeApiKey({
  apiKey,
  onRevoked,
  onClose,
}: {
  readonly apiKey: ApiKey
  readonly onRevoked: () => void
  readonly onClose: () => void
}): ReactNode {
  const viewer = useViewer()
  const form = useMutationForm(SettingsRevokeApiKeyDocument, (data) => data.revokeApiKey, [])
  async function revoke(): Promise<boolean> {
    if ((await form.submit({ apiKeyId: apiKey.id })) === null) return false
    onRevoked()
    return true
  }
  return (
    <ConfirmDialog
      title={texts.apiKeys.revokeTitle(apiKey.name)}
      action={texts.apiKeys.revoke}
      isDangerous
      form={form}
      outcome={texts.apiKeys.revoked(apiKey.name)}
      onClose={onClose}
      onConfirm={revoke}
    >
      <p>{texts.apiKeys.revokeDetail}</p>
      {apiKey.name === viewer.name ? <p className={styles.warning}>{texts.apiKeys.revokeOwn}</p> : null}
    </ConfirmDialog>
  )
}

function createColumns(
  viewer: Viewer,
  nowMs: number,
  actions: Record<'narrow' | 'revoke', (apiKey: ApiKey) => void>,
): readonly Column<ApiKey>[] {
  return [
    {
      id: 'name',
      header: texts.apiKeys.columns.name,
      width: 'minmax(0, 2.2fr)',
      sortValue: ({ name }) => name.toLocaleLowerCase('en'),
      cell: (apiKey) => <NameCell apiKey={apiKey} isOwn={apiKey.name === viewer.name} nowMs={nowMs} />,
    },
    {
      id: 'access',
      header: texts.apiKeys.columns.access,
      width: 'minmax(0, 1.4fr)',
      isSecondary: true,
      sortValue: (apiKey) => describeAccess(apiKey, viewer),
      cell: (apiKey) => <span title={describeAccess(apiKey, viewer)}>{describeAccess(apiKey, viewer)}</span>,
    },
    {
      id: 'created',
      header: texts.apiKeys.columns.created,
      width: '120px',
      isSecondary: true,
      sortValue: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => <BuildingTime value={createdAt} style="date" />,
    },
    {
      id: 'expires',
      header: texts.apiKeys.columns.expires,
      width: '104px',
      isSecondary: true,
      sortValue: ({ expiresAt }) => expiresAt ?? '9999',
      cell: ({ expiresAt }) =>
        expiresAt === null ? (
          <span className="muted">{texts.apiKeys.never}</span>
        ) : (
          <BuildingTime value={expiresAt} style="date" />
        ),
    },
    {
      id: 'actions',
      header: texts.apiKeys.columns.actions,
      // On a phone, the buttons are below each other.
      width: 'min(264px, 41vw)',
      cell: (apiKey) => (
        <span className={styles.rowActions}>
          {isExpired(apiKey, nowMs) ? null : (
            <Button
              aria-label={texts.apiKeys.narrowLabel(apiKey.name)}
              onPress={() => actions.narrow(apiKey)}
            >
              {texts.apiKeys.narrow}
            </Button>
          )}
          <Button
            className="react-aria-Button destructive"
            aria-label={texts.apiKeys.revokeLabel(apiKey.name)}
            onPress={() => actions.revoke(apiKey)}
          >
            {texts.apiKeys.revoke}
          </Button>
        </span>
      ),
    },
  ]
}

function isExpired({ expiresAt }: ApiKey, nowMs: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs
}

function NameCell({
  apiKey,
  isOwn,
  nowMs,
}: {
  readonly apiKey: ApiKey
  readonly isOwn: boolean
  readonly nowMs: number
}): ReactNode {
  const scopes = apiKey.scopes.map((scope) => texts.apiKeys.scopeNames[scope]).join(', ')
  return (
    <span className={styles.nameCell}>
      <span className={styles.nameLine}>
        <span className={styles.ellipsis}>{apiKey.name}</span>
        {isOwn ? <Badge tone="accent">{texts.apiKeys.yours}</Badge> : null}
        {isExpired(apiKey, nowMs) ? <Badge tone="warn">{texts.apiKeys.expired}</Badge> : null}
        {apiKey.graph === 'PARTNER' ? <Badge tone="neutral">{texts.apiKeys.partner}</Badge> : null}
      </span>
      <span className={`muted small ${styles.ellipsis}`} title={scopes}>
        {scopes}
      </span>
    </span>
  )
}
