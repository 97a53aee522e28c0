import { type ReactNode, useMemo, useState } from 'react'
import { DateTimeInput } from '../../components/date-time-input.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  type Scope,
  type SettingsApiKeyFragment,
  SettingsUpdateApiKeyDocument,
} from '../../graph/generated/graphql.ts'
import { useViewer } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { MutationForm } from '../forms/mutation-form.tsx'
import { Outcome } from '../forms/outcome.tsx'
import { getFormZone } from '../forms/schedule-fields.tsx'
import {
  AccessLimitFields,
  findMissingChoice,
  noAccessLimit,
  noMissingChoices,
  toAccessInput,
} from './access-limit.tsx'
import { ChoiceGroup } from './choice-group.tsx'
import { describeAccess, nameBuilding, toScopeOptions } from './describe-access.ts'
import styles from './settings.module.css'

const fields = ['scopes', 'acsSystemIds', 'acsUserId', 'expiresAt']

/** Takes permissions from an API key. Offers only what the API key has. */
export function NarrowApiKey({
  apiKey,
  onClose,
}: {
  readonly apiKey: SettingsApiKeyFragment
  readonly onClose: () => void
}): ReactNode {
  const viewer = useViewer()
  const form = useMutationForm(SettingsUpdateApiKeyDocument, (data) => data.updateApiKey, fields)
  // The cache changes `apiKey` when the server has accepted.
  const [before] = useState(apiKey)
  const [scopes, setScopes] = useState<Scope[]>([...before.scopes])
  const [limit, setLimit] = useState(noAccessLimit)
  const [expiresAt, setExpiresAt] = useState(before.expiresAt)
  const [missing, setMissing] = useState(noMissingChoices)
  const fieldErrors = useMemo(() => ({ ...form.fieldErrors, ...missing }), [form.fieldErrors, missing])
  const [isAccepted, setIsAccepted] = useState(false)
  const { acsSystemIds } = before
  const buildings =
    acsSystemIds === null
      ? viewer.reach.acsSystems
      : acsSystemIds.map((id) => ({ id, name: nameBuilding(id, viewer) }))
  const zone = getFormZone(null)

  async function submit(): Promise<void> {
    const missingChoice = findMissingChoice(limit)
    setMissing(missingChoice)
    if (Object.keys(missingChoice).length > 0) return
    const payload = await form.submit({
      apiKeyId: before.id,
      ...(scopes.length < before.scopes.length && { scopes }),
      ...toAccessInput(limit),
      ...(expiresAt !== before.expiresAt && { expiresAt }),
    })
    setIsAccepted(payload !== null)
  }

  return (
    <ModalDialog title={texts.apiKeys.narrowTitle(before.name)} isOpen onClose={onClose}>
      {isAccepted ? (
        <Outcome isWaiting={false} message={texts.apiKeys.narrowed(before.name)} onClose={onClose} />
      ) : (
        <MutationForm
          form={{ ...form, fieldErrors }}
          submitLabel={texts.apiKeys.narrow}
          onCancel={onClose}
          onSubmit={() => void submit()}
        >
          <p>{texts.apiKeys.narrowDetail}</p>
          {before.name === viewer.name ? <p className={styles.warning}>{texts.apiKeys.narrowOwn}</p> : null}
          <ChoiceGroup
            label={texts.apiKeys.scopes}
            name="scopes"
            options={toScopeOptions(before.scopes)}
            value={scopes}
            onChange={setScopes}
          />
          <AccessLimitFields
            kinds={[
              { id: 'none', name: texts.apiKeys.keepAccess(describeAccess(before, viewer)) },
              { id: 'buildings', name: texts.apiKeys.chooseBuildings },
              ...(before.acsUserId === null
                ? [{ id: 'resident' as const, name: texts.apiKeys.chooseResident }]
                : []),
            ]}
            buildings={buildings}
            value={limit}
            onChange={(next) => {
              setLimit(next)
              setMissing(noMissingChoices)
            }}
          />
          <DateTimeInput
            label={texts.apiKeys.expiry}
            name="expiresAt"
            description={texts.form.zone(zone)}
            value={expiresAt}
            onChange={setExpiresAt}
            timeZone={zone}
          />
        </MutationForm>
      )}
    </ModalDialog>
  )
}
