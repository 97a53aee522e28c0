import type { Config } from '../config.ts'
import { UsageError } from './usage.ts'

const patienceMs = 5_000

/** The workspace that a configuration is for, which Seam tells. Throws `UsageError` where there's no key to ask with. */
export async function workspaceOf({ seamApiKey, seamEndpoint }: Config): Promise<string> {
  if (seamApiKey === null)
    throw new UsageError(
      "Set SEAM_API_KEY as for npm start: what is in Redis belongs to that key's workspace.",
    )
  // Read only when it's asked for: Seam's SDK takes longer to load than all the rest.
  const { createSeamClient } = await import('../seam/client.ts')
  const endpoint = seamEndpoint === null ? {} : { endpoint: seamEndpoint }
  const seam = createSeamClient({ apiKey: seamApiKey, deadlineMs: patienceMs, ...endpoint })
  try {
    return (await seam.workspace()).workspaceId
  } finally {
    seam.close()
  }
}
