import { type ReactNode, useState } from 'react'
import { SelectInput } from '../../components/choice-inputs.tsx'
import { Card } from '../../components/screen.tsx'
import { TextInput } from '../../components/text-input.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import { type MoveInBuildingsQuery, MoveInResidentDocument } from '../../graph/generated/graphql.ts'
import { useEntrances } from '../../graph/use-entrances.ts'
import { texts } from '../../texts.ts'
import { EntranceChoice } from '../forms/entrance-choice.tsx'
import formStyles from '../forms/forms.module.css'
import { MutationForm } from '../forms/mutation-form.tsx'
import { findIdentityConflict, SamePersonQuestion } from '../forms/same-person-question.tsx'
import { getCurrentMinute, ScheduleFields } from '../forms/schedule-fields.tsx'
import styles from './move-in.module.css'
import type { MoveInPayload } from './move-in-payload.ts'
import { MoveInProgress, UndoneSteps } from './move-in-progress.tsx'

type Building = NonNullable<MoveInBuildingsQuery['acsSystems']>['nodes'][number]

const fields = [
  'fullName',
  'emailAddress',
  'phoneNumber',
  'acsSystemId',
  'startsAt',
  'endsAt',
  'mobileKeyAcsEntranceIds',
  'codeAcsEntranceIds',
]
const nothingChosen: readonly string[] = []

export function MoveInForm({
  buildings,
  initialBuildingId,
  onDone,
}: {
  readonly buildings: readonly Building[]
  readonly initialBuildingId: string | null
  readonly onDone: (payload: MoveInPayload) => void
}): ReactNode {
  const form = useMutationForm(MoveInResidentDocument, ({ moveIn }) => moveIn, fields)
  const [person, setPerson] = useState({ fullName: '', emailAddress: '', phoneNumber: '' })
  const [buildingId, setBuildingId] = useState(
    buildings.length === 1 ? (buildings[0]?.id ?? null) : initialBuildingId,
  )
  const [startsAt, setStartsAt] = useState<string | null>(getCurrentMinute)
  const [endsAt, setEndsAt] = useState<string | null>(null)
  const [mobileKeyIds, setMobileKeyIds] = useState(nothingChosen)
  const [codeIds, setCodeIds] = useState(nothingChosen)
  const building = buildings.find(({ id }) => id === buildingId) ?? null
  const [isAccessMissing, setIsAccessMissing] = useState(false)
  const conflict = findIdentityConflict(form.errors)

  async function submit(sameUser?: boolean): Promise<void> {
    if (building === null) return
    const hasAccess = mobileKeyIds.length + codeIds.length > 0
    setIsAccessMissing(!hasAccess)
    if (!hasAccess) return
    const payload = await form.submit({
      acsSystemId: building.id,
      fullName: person.fullName,
      emailAddress: person.emailAddress.trim() || null,
      phoneNumber: person.phoneNumber.trim() || null,
      startsAt: startsAt ?? getCurrentMinute(),
      endsAt,
      mobileKeyAcsEntranceIds: [...mobileKeyIds],
      codeAcsEntranceIds: [...codeIds],
      ...(sameUser !== undefined && { sameUser }),
    })
    if (payload !== null) onDone(payload)
  }

  function changeBuilding(id: string): void {
    setBuildingId(id)
    setMobileKeyIds(nothingChosen)
    setCodeIds(nothingChosen)
  }

  return (
    <MutationForm
      form={form}
      submitLabel={texts.moveIn.submit}
      isSubmitShown={conflict === undefined}
      onSubmit={() => void submit()}
    >
      <UndoneSteps steps={form.rejected?.steps ?? []} />
      <Card title={texts.moveIn.person}>
        <div className={formStyles.columns}>
          <TextInput
            label={texts.moveIn.fullName}
            name="fullName"
            isRequired
            autoFocus
            autoComplete="off"
            value={person.fullName}
            onChange={(fullName) => setPerson({ ...person, fullName })}
          />
          <TextInput
            label={`${texts.moveIn.emailAddress} (${texts.form.optional})`}
            name="emailAddress"
            type="email"
            autoComplete="off"
            value={person.emailAddress}
            onChange={(emailAddress) => setPerson({ ...person, emailAddress })}
          />
          <TextInput
            label={`${texts.moveIn.phoneNumber} (${texts.form.optional})`}
            name="phoneNumber"
            type="tel"
            autoComplete="off"
            description={texts.moveIn.phoneHint}
            value={person.phoneNumber}
            onChange={(phoneNumber) => setPerson({ ...person, phoneNumber })}
          />
        </div>
      </Card>
      <Card title={building === null ? texts.moveIn.building : texts.moveIn.buildingAndSchedule}>
        <div className={styles.building}>
          <SelectInput
            label={texts.moveIn.building}
            name="acsSystemId"
            isRequired
            options={buildings}
            value={buildingId}
            onChange={changeBuilding}
            {...(building === null && { description: texts.moveIn.buildingHint })}
          />
        </div>
        {building === null ? null : (
          <ScheduleFields
            timeZone={building.timeZone}
            startsAt={startsAt}
            endsAt={endsAt}
            onStartChange={setStartsAt}
            onEndChange={setEndsAt}
          />
        )}
      </Card>
      {building === null ? null : (
        <Access
          key={building.id}
          buildingId={building.id}
          mobileKeyIds={mobileKeyIds}
          codeIds={codeIds}
          errors={form.fieldErrors}
          isMissing={isAccessMissing && mobileKeyIds.length + codeIds.length === 0}
          onMobileKeyChange={setMobileKeyIds}
          onCodeChange={setCodeIds}
        />
      )}
      {form.isSending ? (
        <MoveInProgress
          name={person.fullName}
          hasMobileKey={mobileKeyIds.length > 0}
          codeCount={codeIds.length}
        />
      ) : null}
      {conflict === undefined ? null : (
        <SamePersonQuestion
          conflict={conflict}
          isSending={form.isSending}
          onAnswer={(isSame) => void submit(isSame)}
        />
      )}
    </MutationForm>
  )
}

function Access({
  buildingId,
  mobileKeyIds,
  codeIds,
  errors,
  isMissing,
  onMobileKeyChange,
  onCodeChange,
}: {
  readonly buildingId: string
  readonly mobileKeyIds: readonly string[]
  readonly codeIds: readonly string[]
  readonly errors: Record<string, string[]>
  readonly isMissing: boolean
  readonly onMobileKeyChange: (ids: readonly string[]) => void
  readonly onCodeChange: (ids: readonly string[]) => void
}): ReactNode {
  const entrances = useEntrances(buildingId)
  return (
    <Card title={texts.moveIn.access}>
      <p className="muted">{texts.moveIn.accessHint}</p>
      <div className={formStyles.columns}>
        <EntranceChoice
          label={texts.forms.mobileKeyFor}
          method="mobileKey"
          entrances={entrances}
          selected={mobileKeyIds}
          onChange={onMobileKeyChange}
          errors={isMissing ? [texts.moveIn.noAccess] : (errors.mobileKeyAcsEntranceIds ?? [])}
        />
        <EntranceChoice
          label={texts.forms.pinsFor}
          method="code"
          entrances={entrances}
          selected={codeIds}
          onChange={onCodeChange}
          errors={errors.codeAcsEntranceIds ?? []}
        />
      </div>
    </Card>
  )
}
