import { createContext, type ReactNode, useContext, useState } from 'react'
import { Button } from 'react-aria-components'
import { useQuery } from 'urql'
import { MoreMenu } from '../../components/more-menu.tsx'
import { type CredentialRowFragment, FormsResidentDocument } from '../../graph/generated/graphql.ts'
import { useHasScope } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { ChangeEndDialog } from './change-end-dialog.tsx'
import styles from './forms.module.css'
import { IssueMobileKeyDialog } from './issue-mobile-key-dialog.tsx'
import { IssuePinDialog } from './issue-pin-dialog.tsx'
import { MoveOutDialog } from './move-out-dialog.tsx'
import type { FormResident } from './resident.ts'
import { RevokeDialog } from './revoke-dialog.tsx'
import { SuspendDialog, UnsuspendDialog } from './suspend-dialog.tsx'

type Action = 'issue-pin' | 'issue-mobile-key' | 'move-out' | 'suspend' | 'unsuspend'

const dialogs = {
  'issue-pin': IssuePinDialog,
  'issue-mobile-key': IssueMobileKeyDialog,
  'move-out': MoveOutDialog,
  suspend: SuspendDialog,
  unsuspend: UnsuspendDialog,
} as const satisfies Record<Action, unknown>

/** What can be done for a resident. Nothing is shown without the scope `write`. */
export function ResidentActions({ resident }: { readonly resident: FormResident }): ReactNode {
  const canWrite = useHasScope('WRITE')
  const [action, setAction] = useState<Action | null>(null)
  const [{ data }] = useQuery({
    query: FormsResidentDocument,
    variables: { id: resident.id },
    pause: !canWrite,
  })
  if (!canWrite) return null
  const isSuspended = data?.acsUser?.isSuspended === true
  const ActionDialog = action === null ? null : dialogs[action]
  return (
    <div className={styles.actions}>
      <Button onPress={() => setAction('issue-pin')}>{texts.actions.issuePin}</Button>
      <Button onPress={() => setAction('issue-mobile-key')}>{texts.actions.issueMobileKey}</Button>
      <MoreMenu<Action>
        label={texts.actions.more}
        actions={[
          isSuspended
            ? { id: 'unsuspend', label: texts.actions.unsuspendMenu }
            : { id: 'suspend', label: texts.actions.suspendMenu },
          { id: 'move-out', label: texts.actions.moveOutMenu, isDestructive: true },
        ]}
        onAction={setAction}
      />
      {ActionDialog === null ? null : <ActionDialog resident={resident} onClose={() => setAction(null)} />}
    </div>
  )
}

type CredentialDialog = {
  readonly action: 'change-end' | 'revoke'
  readonly credential: CredentialRowFragment
}

const CredentialDialogContext = createContext<(dialog: CredentialDialog) => void>(() => undefined)

/** Shows the dialogs of `CredentialActions` in it. A dialog stays open when its credential leaves the list, so that its outcome can be read. */
export function CredentialDialogs({
  resident,
  children,
}: {
  readonly resident: FormResident
  readonly children: ReactNode
}): ReactNode {
  const [dialog, setDialog] = useState<CredentialDialog | null>(null)
  const Dialog = dialog?.action === 'revoke' ? RevokeDialog : ChangeEndDialog
  return (
    <CredentialDialogContext.Provider value={setDialog}>
      {children}
      {dialog === null ? null : (
        <Dialog credential={dialog.credential} resident={resident} onClose={() => setDialog(null)} />
      )}
    </CredentialDialogContext.Provider>
  )
}

/** What can be done with a credential. Nothing is shown without the scope `write`. */
export function CredentialActions({ credential }: Pick<CredentialDialog, 'credential'>): ReactNode {
  const canWrite = useHasScope('WRITE')
  const openDialog = useContext(CredentialDialogContext)
  if (!canWrite) return null
  const name = texts.accessMethods[credential.accessMethod]
  return (
    <div className={styles.actions}>
      <Button
        className="react-aria-Button small"
        aria-label={texts.actions.of(texts.actions.changeEnd, name)}
        onPress={() => openDialog({ action: 'change-end', credential })}
      >
        {texts.actions.changeEnd}
      </Button>
      <Button
        className="react-aria-Button small destructive"
        aria-label={texts.actions.of(texts.actions.revoke, name)}
        onPress={() => openDialog({ action: 'revoke', credential })}
      >
        {texts.actions.revoke}
      </Button>
    </div>
  )
}
