import { join } from 'node:path'
import type { ApiKeyStore } from './api-key-store.ts'
import { openFileApiKeyStore } from './file-api-key-store.ts'
import { openRedisApiKeyStore } from './redis-api-key-store.ts'

/** Opens the API key store of a configuration. Throws `ApiKeyStoreUnavailable`. */
export async function openApiKeyStore(config: {
  readonly redisUrl: string | null
  readonly dataDir: string
  /** Called only if the store can contain API keys of several workspaces. */
  readonly workspaceId: () => Promise<string>
}): Promise<ApiKeyStore> {
  if (config.redisUrl === null) return openFileApiKeyStore({ file: join(config.dataDir, 'keys.db') })
  return openRedisApiKeyStore({ url: config.redisUrl, workspaceId: await config.workspaceId() })
}
