import { type FormEvent, type ReactNode, useState } from 'react'
import { Button, Form } from 'react-aria-components'
import { FormErrors } from '../../components/form-errors.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { NumberInput } from '../../components/number-input.tsx'
import { TextInput } from '../../components/text-input.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  type ChangeSubject,
  SettingsCreateWebhookEndpointDocument,
  type SettingsEndpointFragment,
  SettingsUpdateWebhookEndpointDocument,
} from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import { ChoiceGroup } from './choice-group.tsx'
import styles from './settings.module.css'

const fields = ['url', 'description', 'subjects', 'parallel']
const maxParallel = 32
const subjectOptions = Object.entries(texts.webhookEndpoints.subjects).map(([id, name]) => ({ id, name }))

/** Form for a new webhook endpoint, or for the changes of an existing one. */
export function WebhookEndpointForm({
  endpoint,
  onClose,
  onSaved,
}: {
  readonly endpoint: SettingsEndpointFragment | null
  readonly onClose: () => void
  /** `secret` is the secret of a new endpoint, if the response had one. */
  readonly onSaved: (secret: string | null) => void
}): ReactNode {
  const creation = useMutationForm(
    SettingsCreateWebhookEndpointDocument,
    (data) => data.createWebhookEndpoint,
    fields,
  )
  const update = useMutationForm(
    SettingsUpdateWebhookEndpointDocument,
    (data) => data.updateWebhookEndpoint,
    fields,
  )
  const form = endpoint === null ? creation : update
  const [url, setUrl] = useState(endpoint?.url ?? '')
  const [description, setDescription] = useState(endpoint?.description ?? '')
  const [subjects, setSubjects] = useState<ChangeSubject[]>(endpoint?.filter.subjects ?? [])
  const [parallel, setParallel] = useState(endpoint?.parallel ?? 1)

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    const { __typename: _, ...conditions } = { __typename: '', ...endpoint?.filter }
    const chosen = subjects.length === 0 ? null : subjects
    const values = {
      url,
      description: description.trim() === '' ? null : description,
      filter: { ...conditions, subjects: chosen },
      parallel,
    }
    if (endpoint === null) {
      const payload = await creation.submit(values)
      if (payload !== null) onSaved(payload.secret)
    } else {
      const payload = await update.submit({ ...values, webhookEndpointId: endpoint.id })
      if (payload !== null) onSaved(null)
    }
  }

  return (
    <ModalDialog
      title={endpoint === null ? texts.webhookEndpoints.createTitle : texts.webhookEndpoints.editTitle}
      isOpen
      onClose={onClose}
    >
      <Form
        className={styles.form ?? ''}
        validationErrors={form.fieldErrors}
        onSubmit={(event) => void submit(event)}
      >
        <FormErrors messages={form.formErrors} />
        <TextInput
          label={texts.webhookEndpoints.url}
          name="url"
          type="url"
          description={texts.webhookEndpoints.urlHint}
          isRequired
          autoFocus
          value={url}
          onChange={setUrl}
        />
        <TextInput
          label={`${texts.webhookEndpoints.description} (${texts.form.optional})`}
          name="description"
          value={description}
          onChange={setDescription}
        />
        <ChoiceGroup
          label={texts.webhookEndpoints.subjectsLabel}
          name="subjects"
          description={texts.webhookEndpoints.subjectsHint}
          options={subjectOptions}
          value={subjects}
          onChange={setSubjects}
        />
        <NumberInput
          label={texts.webhookEndpoints.parallel}
          name="parallel"
          description={texts.webhookEndpoints.parallelHint}
          minValue={1}
          maxValue={maxParallel}
          value={parallel}
          onChange={setParallel}
        />
        <div className={styles.buttons}>
          <Button onPress={onClose}>{texts.form.cancel}</Button>
          <Button type="submit" className="react-aria-Button primary" isDisabled={form.isSending}>
            {form.isSending
              ? texts.form.sending
              : endpoint === null
                ? texts.webhookEndpoints.create
                : texts.webhookEndpoints.save}
          </Button>
        </div>
      </Form>
    </ModalDialog>
  )
}
