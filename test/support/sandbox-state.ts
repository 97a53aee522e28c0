import { callSandbox } from './sandbox-client.ts'
import type { World } from './world.ts'

export type SandboxUser = {
  readonly acs_user_id: string
  readonly acs_system_id: string
  readonly display_name: string
  readonly full_name?: string
  readonly email_address?: string
  readonly phone_number?: string
  readonly is_suspended?: boolean
  readonly access_schedule?: { readonly starts_at: string; readonly ends_at: string | null }
}
export type SandboxEntrance = {
  readonly acs_entrance_id: string
  readonly acs_system_id: string
  readonly display_name: string
  readonly latch_metadata?: { readonly is_connected?: boolean }
}
export type SandboxCredential = {
  readonly acs_credential_id: string
  readonly acs_system_id: string
  readonly acs_user_id?: string
  readonly access_method: string
  readonly display_name: string
  readonly code?: string | null
  readonly starts_at?: string
  readonly ends_at?: string
  readonly is_issued?: boolean
  readonly created_at: string
  readonly errors: readonly unknown[]
  readonly warnings: readonly { readonly warning_code: string }[]
}

/** All objects of the sandbox as its API returns them, and the entrances of each credential. */
export type SandboxState = {
  readonly users: readonly SandboxUser[]
  readonly entrances: readonly SandboxEntrance[]
  readonly credentials: readonly SandboxCredential[]
  /** The ids of the entrances that each credential unlocks. */
  readonly opens: ReadonlyMap<string, ReadonlySet<string>>
}

/** Reads all objects directly from the sandbox. */
export async function readSandboxState(world: Pick<World, 'sandbox'>): Promise<SandboxState> {
  const list = async <T>(path: string, key: string): Promise<readonly T[]> =>
    (await callSandbox<Record<string, T[]>>(world, path, { limit: 10_000 }))[key] ?? []
  const [users, entrances, credentials] = await Promise.all([
    list<SandboxUser>('acs/users/list', 'acs_users'),
    list<SandboxEntrance>('acs/entrances/list', 'acs_entrances'),
    list<SandboxCredential>('acs/credentials/list', 'acs_credentials'),
  ])
  const opens = new Map(credentials.map((row) => [row.acs_credential_id, new Set<string>()]))
  for (const { acs_entrance_id } of entrances) {
    const { acs_credentials } = await callSandbox<{ acs_credentials: SandboxCredential[] }>(
      world,
      'acs/entrances/list_credentials_with_access',
      { acs_entrance_id },
    )
    for (const row of acs_credentials) opens.get(row.acs_credential_id)?.add(acs_entrance_id)
  }
  return { users, entrances, credentials, opens }
}
