import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { Secret } from '../model/secret.ts'
import type { Logger } from '../observability/logger.ts'
import { StartupError } from '../startup-error.ts'
import { readChecksummedFile, writeChecksummedFile } from '../storage/durable-files.ts'
import type { SeamClient } from './client.ts'
import { SeamError, type SeamErrorCode } from './errors.ts'

export type WorkspaceLookupOptions = {
  readonly seam: Pick<SeamClient, 'getWorkspace'>
  readonly apiKey: Secret
  readonly endpoint: string | null
  readonly dataDir: string
  readonly log: Logger
  /** Aborts the lookup. */
  readonly signal?: AbortSignal
}

/** Timeout of the request to Seam if the workspace is known from the file. */
const knownWorkspaceTimeoutMs = 2_000
const temporaryErrorCodes = new Set<SeamErrorCode>(['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED', 'BAD_RESPONSE'])
/** Contents of a file by earlier versions, which wrote only the id. */
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Contents of the file. `damage` describes why the file is invalid; it is then not used. */
type StoredWorkspace = { readonly workspaceId: string | null; readonly damage: string | null }

/**
 * Returns the id of the workspace that the API key belongs to. An API key never changes its workspace, so the id is stored on disk with a
 * hash of the API key, and a gateway can start while Seam is down. Rejects with `SeamError` if Seam rejects the API key, or is unavailable
 * and no id is stored; with `StartupError` if the file is damaged while Seam is unavailable, or if the file cannot be written.
 */
export async function findWorkspaceId(options: WorkspaceLookupOptions): Promise<string> {
  const { seam, apiKey, endpoint, dataDir, log } = options
  const name = hash('sha256', `${endpoint ?? ''} ${apiKey.reveal()}`).slice(0, 16)
  const file = join(dataDir, `workspace-${name}`)
  const stored = await readStoredWorkspace(file)
  if (stored.damage !== null)
    log.warn({ file }, `the file with the workspace id of the API key ${stored.damage}`)
  const answer = await seam
    .getWorkspace({
      ...(stored.workspaceId !== null && { deadline: Date.now() + knownWorkspaceTimeoutMs }),
      ...(options.signal !== undefined && { signal: options.signal }),
    })
    .catch((error: unknown) => useStoredWorkspace(error, file, stored, log))
  if (typeof answer === 'string') return answer
  const { workspaceId } = answer
  if (workspaceId !== stored.workspaceId) await storeWorkspaceId(file, workspaceId)
  return workspaceId
}

async function readStoredWorkspace(file: string): Promise<StoredWorkspace> {
  const found = await readChecksummedFile(file)
  if (found.state === 'missing') return { workspaceId: null, damage: null }
  if (found.state === 'whole') return { workspaceId: found.text, damage: null }
  return uuidPattern.test(found.raw)
    ? { workspaceId: found.raw, damage: null }
    : { workspaceId: null, damage: found.problem }
}

function useStoredWorkspace(error: unknown, file: string, stored: StoredWorkspace, log: Logger): string {
  const isTemporary = error instanceof SeamError && temporaryErrorCodes.has(error.code)
  if (isTemporary && stored.workspaceId !== null) {
    log.warn({ err: error }, 'Seam is unavailable; the start continues with the stored workspace id')
    return stored.workspaceId
  }
  if (isTemporary && stored.damage !== null)
    throw new StartupError(
      `The file ${file} ${stored.damage}, and the workspace of the API key cannot be read from Seam (${error.message}): start again when Seam is available; the file is then rewritten.`,
      { cause: error },
    )
  throw error
}

async function storeWorkspaceId(file: string, workspaceId: string): Promise<void> {
  try {
    await writeChecksummedFile(file, workspaceId)
  } catch (error) {
    throw new StartupError(
      `The file ${file} cannot be written (${(error as Error).message}): grant this user write access, and remove any directory with that name.`,
      { cause: error },
    )
  }
}
