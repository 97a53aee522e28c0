import { hash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from './log.ts'
import type { Secret } from './model/secret.ts'
import type { SeamClient } from './seam/client.ts'
import { SeamError, type SeamErrorCode } from './seam/errors.ts'

export type WorkspaceOptions = {
  readonly seam: Pick<SeamClient, 'workspace'>
  readonly apiKey: Secret
  readonly endpoint: string | null
  readonly dataDir: string
  readonly log: Logger
}

/** How long a start waits for Seam where it knows the answer. */
const patienceMs = 2_000
const passing = new Set<SeamErrorCode>(['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED', 'BAD_RESPONSE'])

/**
 * Which workspace the API key belongs to. A key belongs to one for ever, so that the answer is remembered on disk, under a hash of the
 * key: a gateway can then start while Seam is down. Throws `SeamError` where Seam refuses the key, or can't be asked the first time.
 */
export async function findWorkspace(options: WorkspaceOptions): Promise<string> {
  const { seam, apiKey, endpoint, dataDir, log } = options
  const name = hash('sha256', `${endpoint ?? ''} ${apiKey.reveal()}`).slice(0, 16)
  const file = join(dataDir, `workspace-${name}`)
  const known = await readFile(file, 'utf8').catch(() => null)
  try {
    const limit = known === null ? {} : { deadline: Date.now() + patienceMs }
    const { workspaceId } = await seam.workspace(limit)
    if (workspaceId !== known) await writeFile(file, workspaceId, { mode: 0o600 })
    return workspaceId
  } catch (error) {
    if (known === null || !(error instanceof SeamError) || !passing.has(error.code)) throw error
    log.warn({ err: error }, 'Seam cannot be asked: the start goes on with what is known of the workspace')
    return known
  }
}
