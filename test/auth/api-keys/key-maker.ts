import { openFileApiKeyStore } from '../../../src/auth/api-keys/file-api-key-store.ts'

/** A separate process that creates one API key: `key-maker.ts FILE NAME`. It prints the API key or the code of the error. */
const [file = '', name = ''] = process.argv.slice(2)
const store = await openFileApiKeyStore({ file })
const output = await store.create({ name, scopes: ['read'] }).then(
  ({ key }) => key,
  (error: { code: string }) => error.code,
)
await store.close()
process.stdout.write(output)
