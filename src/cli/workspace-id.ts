import type { Config } from '../config/config.ts'
import { UsageError } from './terminal.ts'

const seamTimeoutMs = 5_000

/** Fetches the id of the workspace that the Seam API key belongs to. Throws `UsageError` if no key is configured. */
export async function fetchWorkspaceId({ seamApiKey, seamEndpoint }: Config): Promise<string> {
  if (seamApiKey === null)
    throw new UsageError(
      "SEAM_API_KEY is not set: set it as for npm start. The data in Redis belongs to that key's workspace.",
    )
  // Imported on demand: Seam's SDK takes longer to load than everything else together.
  const { createSeamClient } = await import('../seam/client.ts')
  const seam = createSeamClient({ apiKey: seamApiKey, endpoint: seamEndpoint, deadlineMs: seamTimeoutMs })
  try {
    return (await seam.getWorkspace()).workspaceId
  } finally {
    seam.close()
  }
}
