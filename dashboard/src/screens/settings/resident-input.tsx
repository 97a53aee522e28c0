import { type ReactNode, useState } from 'react'
import { useQuery } from 'urql'
import { ComboInput } from '../../components/choice-inputs.tsx'
import { useDelayed } from '../../components/use-delayed.ts'
import { SettingsResidentsDocument } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'

const typingMs = 200

/** One resident of all buildings, found by name, e-mail address or phone number. The value is the ID. */
export function ResidentInput({
  value,
  onChange,
}: {
  readonly value: string | null
  readonly onChange: (id: string | null) => void
}): ReactNode {
  const [text, setText] = useState('')
  const search = useDelayed(text.trim(), typingMs)
  const [{ data }] = useQuery({
    query: SettingsResidentsDocument,
    variables: { search: search === '' ? null : search },
  })
  const options = (data?.acsUsers?.nodes ?? []).map(({ id, displayName, acsSystem }) => ({
    id,
    name: displayName,
    description: acsSystem.name,
  }))
  return (
    <ComboInput
      label={texts.apiKeys.resident}
      name="acsUserId"
      description={texts.apiKeys.residentHint}
      options={options}
      value={value}
      onChange={onChange}
      onSearch={setText}
    />
  )
}
