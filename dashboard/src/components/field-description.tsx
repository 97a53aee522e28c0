import type { ReactNode } from 'react'
import { Text } from 'react-aria-components'

/** Properties of every field. Errors of the server for `name` are shown below it (`Form`). */
export type FieldProps = {
  readonly label: string
  readonly name: string
  readonly description?: string
  readonly isRequired?: boolean
}

/** The description below a field. */
export function FieldDescription({ text }: { readonly text: string | undefined }): ReactNode {
  return text === undefined ? null : <Text slot="description">{text}</Text>
}
