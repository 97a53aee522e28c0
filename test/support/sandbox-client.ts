import type { World } from './world.ts'

/** Calls the sandbox's API directly, as Seam's console would, without the gateway. */
export async function callSandbox<T = Record<string, unknown>>(
  world: Pick<World, 'sandbox'>,
  path: string,
  body: Record<string, unknown> = {},
): Promise<T> {
  const response = await fetch(`${world.sandbox.url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${world.sandbox.apiKey}` },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as T
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer
}

type Row = {
  readonly acs_credential_id: string
  readonly acs_user_id?: string
  readonly access_method: string
}

/** Lists all credentials of the sandbox. */
export async function listSandboxCredentials(world: Pick<World, 'sandbox'>): Promise<readonly Row[]> {
  return (await callSandbox<{ acs_credentials: Row[] }>(world, 'acs/credentials/list', { limit: 5000 }))
    .acs_credentials
}
