import type { ReactNode } from 'react'
import { type Option, SelectInput } from '../../components/choice-inputs.tsx'
import { texts } from '../../texts.ts'
import { ChoiceGroup } from './choice-group.tsx'
import { ResidentInput } from './resident-input.tsx'

/** What limits the access scope of an API key. The choices of the other kinds are kept until the form is sent. */
export type AccessLimit = {
  readonly kind: 'none' | 'buildings' | 'resident'
  readonly acsSystemIds: readonly string[]
  readonly acsUserId: string | null
}

export const noAccessLimit: AccessLimit = { kind: 'none', acsSystemIds: [], acsUserId: null }

/** Errors of choices by the name of the field, before any are found. */
export const noMissingChoices: Readonly<Record<string, string[]>> = {}

/** Returns the fields of the input. */
export function toAccessInput({ kind, acsSystemIds, acsUserId }: AccessLimit) {
  return {
    ...(kind === 'buildings' && { acsSystemIds: [...acsSystemIds] }),
    ...(kind === 'resident' && { acsUserId }),
  }
}

/** Returns the errors of a limit without a choice, by the name of the field. An API key without it would have access to everything. */
export function findMissingChoice({ kind, acsSystemIds, acsUserId }: AccessLimit): typeof noMissingChoices {
  if (kind === 'buildings' && acsSystemIds.length === 0) return { acsSystemIds: [texts.apiKeys.chooseOne] }
  return kind === 'resident' && acsUserId === null
    ? { acsUserId: [texts.apiKeys.chooseOneResident] }
    : noMissingChoices
}

/** The choice of what limits the access scope of an API key. */
export function AccessLimitFields({
  kinds,
  buildings,
  value,
  onChange,
}: {
  /** Choices, of which the first is no further limit. */
  readonly kinds: readonly { readonly id: AccessLimit['kind']; readonly name: string }[]
  readonly buildings: readonly Option[]
  readonly value: AccessLimit
  readonly onChange: (value: AccessLimit) => void
}): ReactNode {
  return (
    <>
      <SelectInput
        label={texts.apiKeys.accessLabel}
        name="access"
        options={kinds}
        value={value.kind}
        onChange={(kind) => onChange({ ...value, kind: kind as AccessLimit['kind'] })}
      />
      {value.kind === 'buildings' ? (
        <ChoiceGroup
          label={texts.apiKeys.chosenBuildings}
          name="acsSystemIds"
          options={buildings}
          value={value.acsSystemIds}
          onChange={(acsSystemIds: string[]) => onChange({ ...value, acsSystemIds })}
        />
      ) : null}
      {value.kind === 'resident' ? (
        <ResidentInput value={value.acsUserId} onChange={(acsUserId) => onChange({ ...value, acsUserId })} />
      ) : null}
    </>
  )
}
