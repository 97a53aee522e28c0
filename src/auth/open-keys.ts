import { join } from 'node:path'
import type { KeyStore } from './keys.ts'
import { openKeysInFile } from './keys-in-file.ts'
import { openKeysInRedis } from './keys-in-redis.ts'

/** Where a configuration keeps its keys. Throws `KeyStoreUnavailable`. */
export async function openKeyStore(config: {
  readonly redisUrl: string | null
  readonly dataDir: string
  /** Asked for only where keys of several workspaces may stand side by side. */
  readonly workspaceId: () => Promise<string>
}): Promise<KeyStore> {
  if (config.redisUrl === null) return openKeysInFile({ file: join(config.dataDir, 'keys.db') })
  return openKeysInRedis({ url: config.redisUrl, workspaceId: await config.workspaceId() })
}
