import { createContext, type ReactNode, useContext, useState } from 'react'
import { Button } from 'react-aria-components'
import type { CredentialRowFragment } from '../../graph/generated/graphql.ts'
import { useHasScope } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { ChangeEndDialog } from './change-end-dialog.tsx'
import styles from './forms.module.css'
import { IssueMobileKeyDialog } from './issue-mobile-key-dialog.tsx'
import { IssuePinDialog } from './issue-pin-dialog.tsx'
import { MoveOutDialog } from './move-out-dialog.tsx'
import { type ActionDialogProps, type FormResident, nameWithEntrances } from './resident.ts'
import { RevokeDialog } from './revoke-dialog.tsx'
import { SuspendDialog, UnsuspendDialog } from './suspend-dialog.tsx'

type Dialog =
  | { readonly action: 'issue-pin' | 'issue-mobile-key'; readonly entranceId?: string }
  | { readonly action: 'move-out' | 'suspend' | 'unsuspend' }
  | {
      readonly action: 'change-end' | 'revoke'
      readonly credential: CredentialRowFragment
      readonly name: string
    }

const OpenDialogContext = createContext<((dialog: Dialog) => void) | null>(null)

/**
 * Shows the dialogs that the buttons in it open. A dialog stays open when its button disappears, for example with a revoked credential, so
 * that its outcome can be read.
 */
export function ActionDialogs({
  resident,
  children,
}: {
  readonly resident: FormResident
  readonly children: ReactNode
}): ReactNode {
  const [dialog, setDialog] = useState<Dialog | null>(null)
  return (
    <OpenDialogContext.Provider value={setDialog}>
      {children}
      {dialog === null ? null : (
        <ActionDialog dialog={dialog} resident={resident} onClose={() => setDialog(null)} />
      )}
    </OpenDialogContext.Provider>
  )
}

function ActionDialog({ dialog, ...props }: ActionDialogProps & { readonly dialog: Dialog }): ReactNode {
  switch (dialog.action) {
    case 'issue-pin':
      return <IssuePinDialog {...props} initialEntranceId={dialog.entranceId} />
    case 'issue-mobile-key':
      return <IssueMobileKeyDialog {...props} initialEntranceId={dialog.entranceId} />
    case 'move-out':
      return <MoveOutDialog {...props} />
    case 'suspend':
      return <SuspendDialog {...props} />
    case 'unsuspend':
      return <UnsuspendDialog {...props} />
    case 'change-end':
      return <ChangeEndDialog {...props} credential={dialog.credential} name={dialog.name} />
    case 'revoke':
      return <RevokeDialog {...props} credential={dialog.credential} name={dialog.name} />
  }
}

/** Opens a dialog of the `ActionDialogs` around; `null` without the scope `write`. */
function useOpenDialog(): ((dialog: Dialog) => void) | null {
  const openDialog = useContext(OpenDialogContext)
  return useHasScope('WRITE') ? openDialog : null
}

/** What can be done for a resident. Nothing is shown without the scope `write`. */
export function ResidentActions({
  resident: { isSuspended },
}: {
  readonly resident: FormResident
}): ReactNode {
  const open = useOpenDialog()
  if (open === null) return null
  return (
    <div className={styles.actions}>
      <Button onPress={() => open({ action: 'issue-pin' })}>{texts.actions.issuePin}</Button>
      <Button onPress={() => open({ action: 'issue-mobile-key' })}>{texts.actions.issueMobileKey}</Button>
      <Button onPress={() => open({ action: isSuspended ? 'unsuspend' : 'suspend' })}>
        {isSuspended ? texts.actions.unsuspend : texts.actions.suspend}
      </Button>
      <Button className="react-aria-Button destructive" onPress={() => open({ action: 'move-out' })}>
        {texts.actions.moveOut}
      </Button>
    </div>
  )
}

/** Ends the suspension of a resident. */
export function UnsuspendAction(): ReactNode {
  const open = useOpenDialog()
  if (open === null) return null
  return (
    <Button className="react-aria-Button small" onPress={() => open({ action: 'unsuspend' })}>
      {texts.actions.unsuspend}
    </Button>
  )
}

/** Issues a credential for an entrance, by the access methods that it accepts. */
export function IssueActions({
  entrance: { id: entranceId, unlockWith },
}: {
  readonly entrance: {
    readonly id: string
    readonly unlockWith?: { readonly code: string; readonly mobileKey: string } | undefined
  }
}): ReactNode {
  const open = useOpenDialog()
  if (open === null) return null
  return (
    <>
      {unlockWith?.mobileKey === 'UNSUPPORTED' ? null : (
        <Button
          className="react-aria-Button small"
          onPress={() => open({ action: 'issue-mobile-key', entranceId })}
        >
          {texts.actions.issueMobileKey}
        </Button>
      )}
      {unlockWith?.code === 'UNSUPPORTED' ? null : (
        <Button className="react-aria-Button small" onPress={() => open({ action: 'issue-pin', entranceId })}>
          {texts.actions.issuePin}
        </Button>
      )}
    </>
  )
}

/** A title has room for the names of so many entrances. */
const namedEntrances = 2

/** What can be done with a credential. Nothing is shown without the scope `write`. */
export function CredentialActions({
  credential,
  resident,
}: {
  readonly credential: CredentialRowFragment
  readonly resident: FormResident
}): ReactNode {
  const open = useOpenDialog()
  if (open === null) return null
  const complete = resident.credentials?.nodes.find(({ id }) => id === credential.id)
  const name = nameWithEntrances(complete ?? credential, namedEntrances)
  return (
    <div className={styles.actions}>
      <Button
        className="react-aria-Button small"
        aria-label={texts.actions.of(texts.actions.changeEnd, name)}
        onPress={() => open({ action: 'change-end', credential, name })}
      >
        {texts.actions.changeEnd}
      </Button>
      <Button
        className="react-aria-Button small destructive"
        aria-label={texts.actions.of(texts.actions.revoke, name)}
        onPress={() => open({ action: 'revoke', credential, name })}
      >
        {texts.actions.revoke}
      </Button>
    </div>
  )
}
