import { type ReactNode, useState } from 'react'
import { Checkbox, Label, Radio, RadioGroup } from 'react-aria-components'
import { formatTime } from '../../components/building-time.tsx'
import { DateTimeInput } from '../../components/date-time-input.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import { FormsMoveOutDocument, type FormsMoveOutMutation } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import styles from './forms.module.css'
import { MutationForm } from './mutation-form.tsx'
import { ChangeOutcome, useChangedIds } from './outcome.tsx'
import type { ActionDialogProps } from './resident.ts'
import { getFormZone } from './schedule-fields.tsx'
import { Steps } from './steps.tsx'

/** Moves a resident out, now or at a time. */
export function MoveOutDialog({ resident, onClose }: ActionDialogProps): ReactNode {
  const { id, displayName, acsSystem, scheduledMoveOut } = resident
  const form = useMutationForm(FormsMoveOutDocument, ({ moveOut }) => moveOut, ['at'])
  const changedIds = useChangedIds()
  const [isLater, setIsLater] = useState(false)
  const [at, setAt] = useState<string | null>(null)
  const [keepUser, setKeepUser] = useState(false)
  const [payload, setPayload] = useState<FormsMoveOutMutation['moveOut'] | null>(null)
  const zone = getFormZone(acsSystem.timeZone)

  async function submit(): Promise<void> {
    setPayload(await form.submit({ acsUserId: id, keepUser, ...(isLater && { at }) }))
  }

  return (
    <ModalDialog isOpen title={texts.actions.of(texts.actions.moveOut, displayName)} onClose={onClose}>
      {payload !== null ? (
        <ChangeOutcome
          subjectId={payload.deletedId !== null || payload.scheduledAt !== null ? id : null}
          changedIds={changedIds}
          message={describeMoveOut(displayName, payload, keepUser, zone)}
          onClose={onClose}
        >
          <Steps steps={payload.steps} />
        </ChangeOutcome>
      ) : (
        <MutationForm
          form={form}
          submitLabel={texts.actions.moveOut}
          isDanger
          onCancel={onClose}
          onSubmit={() => void submit()}
        >
          <RadioGroup value={isLater ? 'later' : 'now'} onChange={(value) => setIsLater(value === 'later')}>
            <Label>{texts.actions.when}</Label>
            <Radio value="now">{texts.actions.now}</Radio>
            <Radio value="later">{texts.actions.later}</Radio>
          </RadioGroup>
          {isLater ? (
            <DateTimeInput
              label={texts.actions.at}
              name="at"
              description={texts.form.zone(zone)}
              value={at}
              onChange={setAt}
              timeZone={zone}
              isRequired
            />
          ) : null}
          <Checkbox isSelected={keepUser} onChange={setKeepUser}>
            {texts.actions.keepUser}
          </Checkbox>
          <p className={styles.note}>{describeEffect(displayName, isLater, keepUser)}</p>
          {scheduledMoveOut === null ? null : (
            <p className="muted">{texts.actions.replaces(formatTime(scheduledMoveOut.at, zone))}</p>
          )}
          <Steps steps={form.rejected?.steps ?? []} />
        </MutationForm>
      )}
    </ModalDialog>
  )
}

function describeEffect(name: string, isLater: boolean, keepUser: boolean): string {
  const { moveOutNow, moveOutNowKept, moveOutLater, moveOutLaterKept } = texts.actions
  if (isLater) return keepUser ? moveOutLaterKept(name) : moveOutLater(name)
  return keepUser ? moveOutNowKept(name) : moveOutNow(name)
}

function describeMoveOut(
  name: string,
  { scheduledAt }: FormsMoveOutMutation['moveOut'],
  keepUser: boolean,
  zone: string,
): string {
  const { done } = texts.actions
  if (scheduledAt !== null) return done.moveOutLater(name, formatTime(scheduledAt, zone))
  return keepUser ? done.moveOutKept(name) : done.moveOut(name)
}
