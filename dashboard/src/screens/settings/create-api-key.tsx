import { type FormEvent, type ReactNode, useMemo, useState } from 'react'
import { Button, Form } from 'react-aria-components'
import { SelectInput } from '../../components/choice-inputs.tsx'
import { DateTimeInput } from '../../components/date-time-input.tsx'
import { FormErrors } from '../../components/form-errors.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { TextInput } from '../../components/text-input.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import { type ApiKeyGraph, type Scope, SettingsCreateApiKeyDocument } from '../../graph/generated/graphql.ts'
import { useViewer } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { getFormZone } from '../forms/schedule-fields.tsx'
import {
  AccessLimitFields,
  findMissingChoice,
  noAccessLimit,
  noMissingChoices,
  toAccessInput,
} from './access-limit.tsx'
import { ChoiceGroup } from './choice-group.tsx'
import { toScopeOptions } from './describe-access.ts'
import styles from './settings.module.css'

type ExpiryChoice = keyof typeof texts.apiKeys.expiryOptions

const fields = ['name', 'scopes', 'acsSystemIds', 'acsUserId', 'graph', 'expiresAt']
const dayMs = 86_400_000
/** Scopes that an API key for a partner cannot have. */
const scopesNotForPartners: readonly Scope[] = ['ADMIN', 'AUDIT', 'CONNECTIONS_WRITE']
const graphs: readonly ApiKeyGraph[] = ['WHOLE', 'PARTNER']
const expiryChoices: readonly ExpiryChoice[] = ['30', '90', '365', 'custom', 'never']

/** `null` for no expiry, and for a date that is not chosen yet. */
function computeExpiry(choice: ExpiryChoice): string | null {
  return choice === 'never' || choice === 'custom'
    ? null
    : new Date(Date.now() + Number(choice) * dayMs).toISOString()
}

/** Form for a new API key. Offers only scopes that the viewer has. */
export function CreateApiKey({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void
  /** `text` is `null` if the response with the API key was lost. */
  readonly onCreated: (name: string, text: string | null) => void
}): ReactNode {
  const viewer = useViewer()
  const form = useMutationForm(SettingsCreateApiKeyDocument, (data) => data.createApiKey, fields)
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Scope[]>(['READ'])
  const [graph, setGraph] = useState<ApiKeyGraph>('WHOLE')
  const [limit, setLimit] = useState(noAccessLimit)
  // Computed with the choice, so that sending the form again sends the same input.
  const [expiry, setExpiry] = useState({ choice: '90' as ExpiryChoice, at: computeExpiry('90') })
  const [missing, setMissing] = useState(noMissingChoices)
  const fieldErrors = useMemo(() => ({ ...form.fieldErrors, ...missing }), [form.fieldErrors, missing])
  const zone = getFormZone(null)
  const offered = viewer.scopes.filter((scope) => graph === 'WHOLE' || !scopesNotForPartners.includes(scope))

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    const missingChoices = {
      ...findMissingChoice(limit),
      ...(expiry.choice === 'custom' && expiry.at === null && { expiresAt: [texts.apiKeys.chooseDate] }),
    }
    setMissing(missingChoices)
    if (Object.keys(missingChoices).length > 0) return
    const payload = await form.submit({
      name,
      scopes: scopes.filter((scope) => offered.includes(scope)),
      graph,
      expiresAt: expiry.at,
      ...toAccessInput(limit),
    })
    if (payload !== null) onCreated(payload.record?.name ?? name, payload.apiKey)
  }

  return (
    <ModalDialog title={texts.apiKeys.create} isOpen onClose={onClose}>
      <Form
        className={styles.form ?? ''}
        validationErrors={fieldErrors}
        onSubmit={(event) => void submit(event)}
      >
        <FormErrors messages={form.formErrors} />
        <TextInput
          label={texts.apiKeys.name}
          name="name"
          description={texts.apiKeys.nameHint}
          isRequired
          autoFocus
          autoComplete="off"
          value={name}
          onChange={setName}
        />
        <div className={styles.pair}>
          <SelectInput
            label={texts.apiKeys.graph}
            name="graph"
            options={graphs.map((id) => ({
              id,
              name: texts.apiKeys.graphs[id],
              description: texts.apiKeys.graphTexts[id],
            }))}
            value={graph}
            onChange={(id) => setGraph(id as ApiKeyGraph)}
          />
          <SelectInput
            label={texts.apiKeys.expiry}
            // An error of the server is shown at the field whose value it is about.
            name={expiry.choice === 'custom' ? 'expiryChoice' : 'expiresAt'}
            options={expiryChoices.map((id) => ({ id, name: texts.apiKeys.expiryOptions[id] }))}
            value={expiry.choice}
            onChange={(id) =>
              setExpiry({ choice: id as ExpiryChoice, at: computeExpiry(id as ExpiryChoice) })
            }
          />
        </div>
        {expiry.choice === 'custom' ? (
          <DateTimeInput
            label={texts.apiKeys.expiryDate}
            name="expiresAt"
            description={texts.form.zone(zone)}
            value={expiry.at}
            onChange={(at) => {
              setExpiry({ choice: 'custom', at })
              setMissing(noMissingChoices)
            }}
            timeZone={zone}
          />
        ) : null}
        <ChoiceGroup
          label={texts.apiKeys.scopes}
          name="scopes"
          description={texts.apiKeys.scopesHint}
          options={toScopeOptions(offered)}
          value={scopes}
          onChange={setScopes}
        />
        <AccessLimitFields
          kinds={[
            { id: 'none', name: texts.apiKeys.allBuildings },
            { id: 'buildings', name: texts.apiKeys.chooseBuildings },
            { id: 'resident', name: texts.apiKeys.chooseResident },
          ]}
          buildings={viewer.reach.acsSystems}
          value={limit}
          onChange={(next) => {
            setLimit(next)
            setMissing(noMissingChoices)
          }}
        />
        <div className={styles.buttons}>
          <Button onPress={onClose}>{texts.form.cancel}</Button>
          <Button type="submit" className="react-aria-Button primary" isDisabled={form.isSending}>
            {form.isSending ? texts.form.sending : texts.apiKeys.create}
          </Button>
        </div>
      </Form>
    </ModalDialog>
  )
}
