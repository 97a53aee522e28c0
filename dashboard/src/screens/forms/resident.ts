import type { CredentialRowFragment } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'

/** A credential with the names of its entrances. */
type FormCredential = CredentialRowFragment & {
  readonly entrances: {
    readonly totalCount: number
    readonly nodes: readonly { readonly displayName: string }[]
  } | null
}

/** The resident for whom the forms of this folder act. */
export type FormResident = {
  readonly id: string
  readonly displayName: string
  readonly isSuspended: boolean
  readonly acsSystem: { readonly id: string; readonly name: string; readonly timeZone: string | null }
  readonly scheduledMoveOut: { readonly at: string } | null
  readonly credentials: { readonly nodes: readonly FormCredential[] } | null
}

/** What every dialog of an action gets. */
export type ActionDialogProps = { readonly resident: FormResident; readonly onClose: () => void }

/** What every dialog for one credential gets. `name` is "PIN for Front Door". */
export type CredentialDialogProps = ActionDialogProps & {
  readonly credential: CredentialRowFragment
  readonly name: string
}

const namedEntrances = 2

/** Access method and entrances of a resident's credential: "PIN for Front Door", "Mobile key for 5 entrances". */
export function nameWithEntrances(
  { id, accessMethod }: CredentialRowFragment,
  resident: FormResident,
): string {
  const method = texts.accessMethods[accessMethod]
  const entrances = resident.credentials?.nodes.find((credential) => credential.id === id)?.entrances
  if (entrances == null || entrances.nodes.length === 0) return method
  const count = Math.max(entrances.totalCount, entrances.nodes.length)
  return count > namedEntrances
    ? texts.actions.forEntrances(method, count)
    : texts.actions.forEntrance(method, entrances.nodes.map(({ displayName }) => displayName).join(', '))
}
