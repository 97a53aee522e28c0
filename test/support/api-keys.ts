import type { ApiKeyStore } from '../../src/auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import type { World } from './world.ts'

/** Creates an API key for the gateway of a world. */
export async function createApiKey(
  world: World,
  properties: Parameters<ApiKeyStore['create']>[0],
): Promise<string> {
  const keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  try {
    return (await keys.create(properties)).key
  } finally {
    await keys.close()
  }
}
