import type { ReactNode } from 'react'
import type { CredentialRowFragment } from '../../graph/generated/graphql.ts'

/** The resident that actions apply to. */
export type ActionResident = {
  readonly id: string
  readonly displayName: string
  readonly acsSystem: { readonly id: string; readonly name: string; readonly timeZone: string | null }
}

/** Actions for a resident, such as issuing a PIN and moving out. */
export function ResidentActions(_props: { readonly resident: ActionResident }): ReactNode {
  return null
}

/** Actions for one credential, such as changing its end and revoking it. */
export function CredentialActions(_props: {
  readonly credential: CredentialRowFragment
  readonly resident: ActionResident
}): ReactNode {
  return null
}
