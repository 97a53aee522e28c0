import { KeyNameTaken, type KeyRecord, type KeyStore } from '../auth/keys.ts'
import { openKeyStore } from '../auth/open-keys.ts'
import { readConfig } from '../config.ts'
import { readKeyRequest } from './key-request.ts'
import { type Console, readFlags, UsageError } from './usage.ts'
import { workspaceOf } from './workspace.ts'

/** `keys create`: prints the key on `out`, alone, so that it can be piped; everything else goes to the person. */
export async function createKey(args: readonly string[], console: Console): Promise<number> {
  const request = readKeyRequest(args, new Date())
  return withStore(console, async (store) => {
    const { key } = await store.create(request).catch(refuseName)
    console.out(key)
    console.advise(`Keep it now: it can't be shown again. Send it as "Authorization: Bearer <key>".`)
    return 0
  })
}

/** The store has its own idea of names. */
function refuseName(error: unknown): never {
  if (error instanceof KeyNameTaken || error instanceof RangeError) throw new UsageError(error.message)
  throw error
}

/** `keys list`: what each key may do, how far it reaches, and until when. */
export async function listKeys(args: readonly string[], console: Console): Promise<number> {
  readFlags(args, [])
  return withStore(console, async (store) => {
    const keys = await store.list()
    const rows = keys.map((key) => [
      key.name,
      key.scopes.join(','),
      reachOf(key),
      key.graph,
      key.createdAt.slice(0, 10),
      expiryOf(key),
    ])
    console.out(table([['NAME', 'SCOPES', 'REACH', 'GRAPH', 'CREATED', 'EXPIRES (UTC)'], ...rows]))
    return 0
  })
}

/** `keys revoke NAME`. */
export async function revokeKey(args: readonly string[], console: Console): Promise<number> {
  const [name] = readFlags(args, [], 1).words
  if (name === undefined) throw new UsageError('Say which key: keys revoke NAME.')
  return withStore(console, async (store) => {
    if (!(await store.revoke(name))) throw new UsageError(`There is no key named "${name}". See: keys list.`)
    console.advise(`"${name}" is revoked; what is open with it closes within two seconds.`)
    return 0
  })
}

async function withStore(console: Console, use: (store: KeyStore) => Promise<number>): Promise<number> {
  const config = readConfig(console.env)
  const store = await openKeyStore({ ...config, workspaceId: () => workspaceOf(config) })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

function reachOf({ acsSystemIds, residentId }: KeyRecord): string {
  const count = acsSystemIds?.length
  const systems = count === undefined ? 'everything' : `${count} ${count === 1 ? 'system' : 'systems'}`
  if (residentId === null) return systems
  return count === undefined ? `resident ${residentId}` : `resident ${residentId} in ${systems}`
}

function expiryOf({ expiresAt }: KeyRecord): string {
  if (expiresAt === null) return 'never'
  const isOver = Date.parse(expiresAt) <= Date.now()
  return `${expiresAt.slice(0, 16).replace('T', ' ')}${isOver ? ' (over)' : ''}`
}

function table(rows: readonly (readonly string[])[]): string {
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
