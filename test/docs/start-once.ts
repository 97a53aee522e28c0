import { startGatewayProcess } from '../support/gateway-process.ts'

// Replaces `npm start` in a sample: starts a gateway with the given environment, waits until it is ready, and stops it.
const env = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
)
process.chdir(new URL('../../', import.meta.url).pathname)
const gateway = await startGatewayProcess({ ...env, PORT: '0' })
await gateway.kill()
