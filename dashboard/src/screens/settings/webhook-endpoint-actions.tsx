import { type ReactNode, useState } from 'react'
import { Button, Form } from 'react-aria-components'
import { FormErrors } from '../../components/form-errors.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
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
import { ConfirmDialog } from './confirm-dialog.tsx'
import styles from './settings.module.css'
import { WebhookEndpointForm } from './webhook-endpoint-form.tsx'

type DialogProps = {
  readonly endpoint: SettingsEndpointFragment
  readonly onClose: () => void
  readonly onChanged: () => void
}
type OpenDialog = 'edit' | 'replay' | 'rotate' | 'delete' | null

/** The actions of a webhook endpoint. Viewers other than the owner cannot edit it or get a new secret. */
export function WebhookEndpointActions({
  endpoint,
  isTesting,
  onTest,
  onChanged,
  onSecret,
}: Omit<DialogProps, 'onClose'> & {
  readonly isTesting: boolean
  readonly onTest: () => void
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
        {isRunning ? null : (
          <Button isDisabled={resume.isSending} onPress={() => void toggle(resume)}>
            {endpoint.state === 'ACTIVE' ? texts.webhookEndpoints.tryNow : texts.webhookEndpoints.resume}
          </Button>
        )}
        {endpoint.state === 'PAUSED' ? null : (
          <Button isDisabled={pause.isSending} onPress={() => void toggle(pause)}>
            {texts.webhookEndpoints.pause}
          </Button>
        )}
        <Button onPress={() => setDialog('replay')}>{texts.webhookEndpoints.replay}</Button>
        {endpoint.isOwn ? (
          <>
            <Button onPress={() => setDialog('edit')}>{texts.webhookEndpoints.edit}</Button>
            <Button onPress={() => setDialog('rotate')}>{texts.webhookEndpoints.rotate}</Button>
          </>
        ) : null}
        <Button onPress={() => setDialog('delete')}>{texts.webhookEndpoints.remove}</Button>
      </div>
      {dialog === 'replay' ? <ReplayDialog {...props} /> : null}
      {dialog === 'rotate' ? <RotateDialog {...props} onSecret={onSecret} /> : null}
      {dialog === 'delete' ? <DeleteDialog {...props} /> : null}
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
  async function rotate(): Promise<void> {
    const payload = await form.submit({ webhookEndpointId: endpoint.id })
    if (payload === null) return
    onClose()
    onSecret(payload.secret)
    onChanged()
  }
  return (
    <ConfirmDialog
      title={texts.webhookEndpoints.rotateTitle}
      action={texts.webhookEndpoints.rotateAction}
      isSending={form.isSending}
      errors={form.formErrors}
      onClose={onClose}
      onConfirm={() => void rotate()}
    >
      <p>{texts.webhookEndpoints.rotateDetail}</p>
    </ConfirmDialog>
  )
}

function DeleteDialog({ endpoint, onClose, onChanged }: DialogProps): ReactNode {
  const form = useMutationForm(
    SettingsDeleteWebhookEndpointDocument,
    (data) => data.deleteWebhookEndpoint,
    [],
  )
  async function remove(): Promise<void> {
    const payload = await form.submit({ webhookEndpointId: endpoint.id })
    if (payload === null) return
    onClose()
    onChanged()
  }
  return (
    <ConfirmDialog
      title={texts.webhookEndpoints.removeTitle}
      action={texts.webhookEndpoints.removeAction}
      isDangerous
      isSending={form.isSending}
      errors={form.formErrors}
      onClose={onClose}
      onConfirm={() => void remove()}
    >
      <p className={styles.url}>{endpoint.url}</p>
      <p>{texts.webhookEndpoints.removeDetail}</p>
    </ConfirmDialog>
  )
}
