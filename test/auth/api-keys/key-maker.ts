import { openFileApiKeyStore } from '../../../src/auth/api-keys/file-api-key-store.ts'

/** A process of its own that makes one key: `key-maker.ts FILE NAME`. It says the key, or the code of what was wrong. */
const [file = '', name = ''] = process.argv.slice(2)
const store = await openFileApiKeyStore({ file })
const said = await store.create({ name, scopes: ['read'] }).then(
  ({ key }) => key,
  (error: { code: string }) => error.code,
)
await store.close()
process.stdout.write(said)
