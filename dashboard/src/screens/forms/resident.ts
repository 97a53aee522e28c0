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

/** Access method and entrances of a credential: "PIN for Front Door". With more than `limit` entrances, their number. */
export function nameWithEntrances(
  credential: CredentialRowFragment | FormCredential,
  limit = Number.POSITIVE_INFINITY,
): string {
  const method = texts.accessMethods[credential.accessMethod]
  const entrances = 'entrances' in credential ? credential.entrances : null
  if (entrances === null || entrances.nodes.length === 0) return method
  const names = entrances.nodes.map(({ displayName }) => displayName)
  const count = Math.max(entrances.totalCount, names.length)
  return count > limit
    ? texts.actions.forEntrances(method, count)
    : texts.actions.forEntrance(method, names.join(', '))
}
