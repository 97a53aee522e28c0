import { type ReactNode, useState } from 'react'
import { Button, Form } from 'react-aria-components'
import { FormErrors } from '../../components/form-errors.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { type MenuAction, MoreMenu } from '../../components/more-menu.tsx'
import { TextInput } from '../../components/text-input.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  SettingsDeleteWebhookEndpointDocument,
  type SettingsEndpointFragment,
  SettingsPauseWebhookEndpointDocument,
  SettingsResumeWebhookEndpointDocument,
  SettingsRotateWebhookSecretDocument,
} from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import { ConfirmDialog } from '../forms/confirm-dialog.tsx'
import styles from './settings.module.css'
import { WebhookEndpointForm } from './webhook-endpoint-form.tsx'

type DialogProps = {
  readonly endpoint: SettingsEndpointFragment
  readonly onClose: () => void
  readonly onChanged: () => void
}
type OpenDialog = 'edit' | 'replay' | 'rotate' | null
type Action = 'pause' | 'replay' | 'rotate' | 'delete'

/** The actions of a webhook endpoint. Viewers other than the owner cannot edit it or get a new secret. */
export function WebhookEndpointActions({
  endpoint,
  isTesting,
  onTest,
  onChanged,
  onDelete,
  onSecret,
}: Omit<DialogProps, 'onClose'> & {
  readonly isTesting: boolean
  readonly onTest: () => void
  readonly onDelete: () => void
  readonly onSecret: (secret: string | null) => void
}): ReactNode {
  const [dialog, setDialog] = useState<OpenDialog>(null)
  const pause = useMutationForm(SettingsPauseWebhookEndpointDocument, (data) => data.pauseWebhookEndpoint, [])
  const resume = useMutationForm(
    SettingsResumeWebhookEndpointDocument,
    (data) => data.resumeWebhookEndpoint,
    [],
  )
  const isRunning = endpoint.state === 'ACTIVE' && endpoint.failure === null
  const props = { endpoint, onChanged, onClose: () => setDialog(null) }

  async function toggle(form: typeof pause | typeof resume): Promise<void> {
    const payload = await form.submit({ webhookEndpointId: endpoint.id })
    // The same action later is a new request.
    if (payload !== null) form.reset()
    onChanged()
  }

  return (
    <>
      <FormErrors messages={[...pause.formErrors, ...resume.formErrors]} />
      {/* biome-ignore lint/a11y/useSemanticElements: the buttons are no fields of a form. */}
      <div className={styles.actions} role="group" aria-label={texts.webhookEndpoints.more(endpoint.url)}>
        <Button isDisabled={isTesting} onPress={onTest}>
          {isTesting ? texts.webhookEndpoints.testing : texts.webhookEndpoints.test}
        </Button>
        {isRunning ? (
          <Button isDisabled={pause.isSending} onPress={() => void toggle(pause)}>
            {texts.webhookEndpoints.pause}
          </Button>
        ) : (
          <Button isDisabled={resume.isSending} onPress={() => void toggle(resume)}>
            {endpoint.state === 'ACTIVE' ? texts.webhookEndpoints.tryNow : texts.webhookEndpoints.resume}
          </Button>
        )}
        {endpoint.isOwn ? (
          <Button onPress={() => setDialog('edit')}>{texts.webhookEndpoints.edit}</Button>
        ) : null}
        <MoreMenu
          label={texts.webhookEndpoints.moreOf(endpoint.url)}
          actions={listMenuActions(endpoint, isRunning)}
          onAction={(action) => {
            if (action === 'pause') void toggle(pause)
            else if (action === 'delete') onDelete()
            else setDialog(action)
          }}
        />
      </div>
      {dialog === 'replay' ? <ReplayDialog {...props} /> : null}
      {dialog === 'rotate' ? <RotateDialog {...props} onSecret={onSecret} /> : null}
      {dialog === 'edit' ? (
        <WebhookEndpointForm
          endpoint={endpoint}
          onClose={props.onClose}
          onSaved={() => {
            props.onClose()
            onChanged()
          }}
        />
      ) : null}
    </>
  )
}

/** The actions that are used less often. An endpoint that fails or was stopped has “Try now” or “Resume” as a button instead of “Pause”. */
function listMenuActions(
  { state, isOwn }: SettingsEndpointFragment,
  isRunning: boolean,
): readonly MenuAction<Action>[] {
  return [
    ...(isRunning || state === 'PAUSED'
      ? []
      : [{ id: 'pause' as const, label: texts.webhookEndpoints.pause }]),
    { id: 'replay', label: texts.webhookEndpoints.replay },
    ...(isOwn ? [{ id: 'rotate' as const, label: texts.webhookEndpoints.rotate }] : []),
    { id: 'delete', label: texts.webhookEndpoints.remove, isDestructive: true },
  ]
}

function ReplayDialog({ endpoint, onClose, onChanged }: DialogProps): ReactNode {
  const [after, setAfter] = useState('')
  const form = useMutationForm(SettingsResumeWebhookEndpointDocument, (data) => data.resumeWebhookEndpoint, [
    'after',
  ])
  async function submit(): Promise<void> {
    const payload = await form.submit({ webhookEndpointId: endpoint.id, after: after.trim() })
    if (payload === null) return
    onClose()
    onChanged()
  }
  return (
    <ModalDialog title={texts.webhookEndpoints.replayTitle} isOpen onClose={onClose}>
      <Form
        className={styles.form ?? ''}
        validationErrors={form.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <FormErrors messages={form.formErrors} />
        <p>{texts.webhookEndpoints.replayDetail}</p>
        <TextInput
          label={texts.webhookEndpoints.cursor}
          name="after"
          description={texts.webhookEndpoints.cursorHint}
          isRequired
          autoFocus
          value={after}
          onChange={setAfter}
        />
        <div className={styles.buttons}>
          <Button onPress={onClose}>{texts.form.cancel}</Button>
          <Button type="submit" className="react-aria-Button primary" isDisabled={form.isSending}>
            {form.isSending ? texts.form.sending : texts.webhookEndpoints.replayAction}
          </Button>
        </div>
      </Form>
    </ModalDialog>
  )
}

function RotateDialog({
  endpoint,
  onClose,
  onChanged,
  onSecret,
}: DialogProps & { readonly onSecret: (secret: string | null) => void }): ReactNode {
  const form = useMutationForm(SettingsRotateWebhookSecretDocument, (data) => data.rotateWebhookSecret, [])
  async function rotate(): Promise<boolean> {
    const payload = await form.submit({ webhookEndpointId: endpoint.id })
    if (payload === null) return false
    onClose()
    onSecret(payload.secret)
    onChanged()
    return true
  }
  return (
    <ConfirmDialog
      title={texts.webhookEndpoints.rotateTitle}
      action={texts.webhookEndpoints.rotateAction}
      form={form}
      onClose={onClose}
      onConfirm={rotate}
    >
      <p>{texts.webhookEndpoints.rotateDetail}</p>
    </ConfirmDialog>
  )
}

/** Asks before a webhook endpoint is deleted. */
export function DeleteWebhookEndpoint({ endpoint, onClose, onChanged }: DialogProps): ReactNode {
  const form = useMutationForm(
    SettingsDeleteWebhookEndpointDocument,
    (data) => data.deleteWebhookEndpoint,
    [],
  )
  async function remove(): Promise<boolean> {
    if ((await form.submit({ webhookEndpointId: endpoint.id })) === null) return false
    onChanged()
    return true
  }
  return (
    <ConfirmDialog
      title={texts.webhookEndpoints.removeTitle}
      action={texts.webhookEndpoints.removeAction}
      isDangerous
      form={form}
      outcome={texts.webhookEndpoints.removed(endpoint.url)}
      onClose={onClose}
      onConfirm={remove}
    >
      <p className={styles.url}>{endpoint.url}</p>
      <p>{texts.webhookEndpoints.removeDetail}</p>
    </ConfirmDialog>
  )
}
