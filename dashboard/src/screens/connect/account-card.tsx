import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import { Badge, type Tone } from '../../components/badge.tsx'
import { BuildingTime, RelativeTime } from '../../components/building-time.tsx'
import { Issues } from '../../components/issues.tsx'
import { Card } from '../../components/screen.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  type ConnectAccountFragment,
  ConnectDisconnectDocument,
  type ConnectionState,
} from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import { ConfirmDialog } from '../forms/confirm-dialog.tsx'
import styles from './connect.module.css'

const tones: Readonly<Record<ConnectionState, Tone>> = {
  CONNECTED: 'good',
  DISCONNECTED: 'bad',
  UNKNOWN: 'warn',
}

/** Names of the buildings of an account, or its own name while it has none: Latch accounts usually have equal names. */
function nameAccount({ displayName, acsSystems }: ConnectAccountFragment): string {
  const names = (acsSystems?.nodes ?? []).map(({ name }) => name)
  return names.length === 0 ? displayName : names.join(', ')
}

/** One Latch account: its buildings, its state, and what is wrong with advice. */
export function AccountCard({
  account,
  onDisconnect,
}: {
  readonly account: ConnectAccountFragment
  /** `null` if the viewer cannot disconnect it. */
  readonly onDisconnect: (() => void) | null
}): ReactNode {
  const systems = account.acsSystems?.nodes ?? []
  return (
    <Card
      title={nameAccount(account)}
      action={<Badge tone={tones[account.state]}>{texts.connect.states[account.state]}</Badge>}
    >
      <div className={styles.account}>
        <span className="muted small">
          {texts.connect.account(account.displayName)}
          {account.createdAt === null ? null : (
            <>
              {' · '}
              {texts.connect.since} <BuildingTime value={account.createdAt} style="date" />
            </>
          )}
        </span>
        {onDisconnect === null ? null : (
          <Button
            className="react-aria-Button quiet small destructive"
            aria-label={texts.connect.disconnectOf(nameAccount(account))}
            onPress={onDisconnect}
          >
            {texts.connect.disconnect}
          </Button>
        )}
      </div>
      <Issues errors={account.errors} warnings={account.warnings} />
      {systems.length === 0 ? (
        <p className="muted">{texts.connect.noBuildings}</p>
      ) : (
        <ul className={styles.systems}>
          {systems.map(({ id, name, sync, timeZone, errors, warnings }) => (
            <li key={id}>
              {systems.length === 1 ? null : <span>{name}</span>}
              <span className="muted small">
                {sync.syncedAt === null ? (
                  texts.syncStatus[sync.state]
                ) : (
                  <>
                    {texts.overview.comparedWithSeam}{' '}
                    <RelativeTime value={sync.syncedAt} timeZone={timeZone} />
                  </>
                )}
              </span>
              <Issues errors={errors} warnings={warnings} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

/** Asks before a Latch login is disconnected. */
export function DisconnectDialog({
  account,
  onClose,
}: {
  readonly account: ConnectAccountFragment
  readonly onClose: () => void
}): ReactNode {
  // Its buildings leave the cache before the dialog is closed.
  const [name] = useState(() => nameAccount(account))
  const form = useMutationForm(ConnectDisconnectDocument, (data) => data.deleteConnectedAccount, [])
  return (
    <ConfirmDialog
      title={texts.connect.disconnectTitle(name)}
      action={texts.connect.disconnect}
      isDangerous
      form={form}
      outcome={texts.connect.disconnected(name)}
      onClose={onClose}
      onConfirm={async () => (await form.submit({ connectedAccountId: account.id })) !== null}
    >
      <p>{texts.connect.disconnectDetail}</p>
    </ConfirmDialog>
  )
}
