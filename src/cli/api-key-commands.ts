import {
  ApiKeyInvalid,
  ApiKeyNameTaken,
  type ApiKeyRecord,
  type ApiKeyStore,
} from '../auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../auth/api-keys/open-api-key-store.ts'
import { readConfig } from '../config/config.ts'
import { MutationRefused } from '../model/user-error.ts'
import { readLimitOptions, readNewApiKey } from './api-key-options.ts'
import { type CommandOptions, type Terminal, UsageError } from './terminal.ts'
import { fetchWorkspaceId } from './workspace-id.ts'

/** `keys create`: prints only the API key as the result, so that it can be piped; everything else is a message. */
export async function createApiKey(
  terminal: Terminal,
  _words: readonly string[],
  options: CommandOptions,
): Promise<number> {
  const request = readNewApiKey(options, new Date())
  return withApiKeyStore(terminal, async (store) => {
    const { key } = await store.create(request).catch(rethrowNameError)
    terminal.writeResult(key)
    terminal.writeMessage(
      `Store the API key now: it can't be shown again. Send it as "Authorization: Bearer <key>".`,
    )
    return 0
  })
}

/** Converts the store's errors about a name. */
function rethrowNameError(error: unknown): never {
  if (error instanceof ApiKeyNameTaken || error instanceof ApiKeyInvalid) throw new UsageError(error.message)
  throw error
}

/** `keys list`: prints the scopes, the access scope and the expiry of each API key. */
export async function listApiKeys(terminal: Terminal): Promise<number> {
  return withApiKeyStore(terminal, async (store) => {
    const keys = await store.list()
    const rows = keys.map((key) => [
      key.name,
      key.scopes.join(','),
      describeAccessScope(key),
      key.graph,
      key.createdAt.slice(0, 10),
      describeExpiry(key),
    ])
    terminal.writeResult(
      formatTable([['NAME', 'SCOPES', 'ACCESS', 'GRAPH', 'CREATED', 'EXPIRES (UTC)'], ...rows]),
    )
    return 0
  })
}

/** `keys narrow NAME`: gives an API key smaller permissions. */
export async function narrowApiKey(
  terminal: Terminal,
  [name = '']: readonly string[],
  options: CommandOptions,
): Promise<number> {
  const limits = readLimitOptions(options, new Date())
  if (Object.keys(limits).length === 0)
    throw new UsageError('Use at least one of --scopes, --systems, --resident and --expires.')
  return withApiKeyStore(terminal, async (store) => {
    const existing = (await store.list()).find((key) => key.name === name.trim())
    const narrowed = existing && (await store.narrow(existing.id, limits).catch(rethrowRefusal))
    if (narrowed == null) throw createUnknownNameError(name)
    terminal.writeMessage(
      `The API key "${name}" is narrowed: ${narrowed.scopes.join(',')}, ${describeAccessScope(narrowed)}, expires ${describeExpiry(narrowed)}. Its open connections close within two seconds.`,
    )
    return 0
  })
}

/** Converts the store's refusal of a limit. */
function rethrowRefusal(error: unknown): never {
  if (error instanceof MutationRefused) throw new UsageError(error.message)
  throw error
}

function createUnknownNameError(name: string): UsageError {
  return new UsageError(`There is no API key named "${name}". List the names with: keys list.`)
}

/** `keys revoke NAME`. */
export async function revokeApiKey(terminal: Terminal, [name = '']: readonly string[]): Promise<number> {
  return withApiKeyStore(terminal, async (store) => {
    if (!(await store.revoke(name))) throw createUnknownNameError(name)
    terminal.writeMessage(`The API key "${name}" is revoked. Its open connections close within two seconds.`)
    return 0
  })
}

async function withApiKeyStore(
  terminal: Terminal,
  work: (store: ApiKeyStore) => Promise<number>,
): Promise<number> {
  const config = readConfig(terminal.env)
  const store = await openApiKeyStore({ ...config, workspaceId: () => fetchWorkspaceId(config) })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

function describeAccessScope({ acsSystemIds, residentId }: ApiKeyRecord): string {
  const count = acsSystemIds?.length
  const systems = count === undefined ? 'everything' : `${count} ${count === 1 ? 'system' : 'systems'}`
  if (residentId === null) return systems
  return count === undefined ? `resident ${residentId}` : `resident ${residentId} in ${systems}`
}

function describeExpiry({ expiresAt }: ApiKeyRecord): string {
  if (expiresAt === null) return 'never'
  const isExpired = Date.parse(expiresAt) <= Date.now()
  return `${expiresAt.slice(0, 16).replace('T', ' ')}${isExpired ? ' (expired)' : ''}`
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
