import { randomUUID } from 'node:crypto'
import type { SandboxProcess } from '../harness/sandbox-process.ts'

type Credential = {
  readonly workspace_id: string
  readonly acs_system_id: string
  readonly acs_credential_id: string
  readonly connected_account_id: string
}

/** Reads the sandbox's credentials: the gateway knows their owners, so that it calls Seam for no event about them. */
export async function readCredentials({ url, apiKey }: SandboxProcess): Promise<readonly Credential[]> {
  const request = { method: 'POST', headers: { authorization: `Bearer ${apiKey}` } }
  const response = await fetch(`${url}/acs/credentials/list`, request)
  return ((await response.json()) as { acs_credentials: readonly Credential[] }).acs_credentials
}

/**
 * Creates the bodies of events as the sandbox sends them, all different, in equal parts: a credential was issued, a credential became
 * invalid, an ACS user was created.
 */
export function createEventBodies(credentials: readonly Credential[], count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const { workspace_id, acs_system_id, acs_credential_id, connected_account_id } = credentials[
      index % credentials.length
    ] as Credential
    const created_at = new Date().toISOString()
    const toBody = (event_type: string, ids: object): string =>
      JSON.stringify({
        ...{ event_id: randomUUID(), event_type, workspace_id, created_at, occurred_at: created_at },
        ...{ acs_system_id, ...ids, connected_account_id },
      })
    if (index % 3 === 0) return toBody('acs_user.created', { acs_user_id: randomUUID() })
    return toBody(index % 3 === 1 ? 'acs_credential.issued' : 'acs_credential.invalidated', {
      acs_credential_id,
    })
  })
}
