import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import { Badge, type Tone } from '../../components/badge.tsx'
import { BuildingTime, RelativeTime } from '../../components/building-time.tsx'
import { FormErrors } from '../../components/form-errors.tsx'
import { Issues } from '../../components/issues.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { Card } from '../../components/screen.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  type ConnectAccountFragment,
  ConnectDisconnectDocument,
  type ConnectionState,
} from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import styles from './connect.module.css'

const tones: Readonly<Record<ConnectionState, Tone>> = {
  CONNECTED: 'good',
  DISCONNECTED: 'bad',
  UNKNOWN: 'warn',
}

/** One Latch login: its state, what is wrong with advice, and its buildings. */
export function AccountCard({
  account,
  canDisconnect,
}: {
  readonly account: ConnectAccountFragment
  readonly canDisconnect: boolean
}): ReactNode {
  const [isAsking, setIsAsking] = useState(false)
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
      {canDisconnect ? (
        <div>
          <Button onPress={() => setIsAsking(true)}>{texts.connect.disconnect}</Button>
          <DisconnectDialog account={account} isOpen={isAsking} onClose={() => setIsAsking(false)} />
        </div>
      ) : null}
    </Card>
  )
}

function DisconnectDialog({
  account,
  isOpen,
  onClose,
}: {
  readonly account: ConnectAccountFragment
  readonly isOpen: boolean
  readonly onClose: () => void
}): ReactNode {
  const form = useMutationForm(ConnectDisconnectDocument, (data) => data.deleteConnectedAccount, [])
  async function disconnect(): Promise<void> {
    if ((await form.submit({ connectedAccountId: account.id })) !== null) onClose()
  }
  return (
    <ModalDialog title={texts.connect.disconnectTitle(account.displayName)} isOpen={isOpen} onClose={onClose}>
      <p>{texts.connect.disconnectDetail}</p>
      <FormErrors messages={form.formErrors} />
      <div className={styles.buttons}>
        <Button onPress={onClose}>{texts.form.cancel}</Button>
        <Button
          className="react-aria-Button danger"
          isDisabled={form.isSending}
          onPress={() => void disconnect()}
        >
          {form.isSending ? texts.form.sending : texts.connect.disconnect}
        </Button>
      </div>
    </ModalDialog>
  )
}
