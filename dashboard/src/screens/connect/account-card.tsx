import type { ReactNode } from 'react'
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

/** One Latch login: its state, what is wrong with advice, and its buildings. */
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
      title={account.displayName}
      action={<Badge tone={tones[account.state]}>{texts.connect.states[account.state]}</Badge>}
    >
      {account.createdAt === null ? null : (
        <p className="muted small">
          {texts.connect.since} <BuildingTime value={account.createdAt} style="date" />
        </p>
      )}
      <Issues errors={account.errors} warnings={account.warnings} />
      {systems.length === 0 ? (
        <p className="muted">{texts.connect.noBuildings}</p>
      ) : (
        <ul className={styles.systems}>
          {systems.map(({ id, name, sync, timeZone, errors, warnings }) => (
            <li key={id}>
              <strong>{name}</strong>
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
      {onDisconnect === null ? null : (
        <div>
          <Button className="react-aria-Button destructive" onPress={onDisconnect}>
            {texts.connect.disconnect}
          </Button>
        </div>
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
  const form = useMutationForm(ConnectDisconnectDocument, (data) => data.deleteConnectedAccount, [])
  return (
    <ConfirmDialog
      title={texts.connect.disconnectTitle(account.displayName)}
      action={texts.connect.disconnect}
      isDangerous
      form={form}
      outcome={texts.connect.disconnected(account.displayName)}
      onClose={onClose}
      onConfirm={async () => (await form.submit({ connectedAccountId: account.id })) !== null}
    >
      <p>{texts.connect.disconnectDetail}</p>
    </ConfirmDialog>
  )
}
