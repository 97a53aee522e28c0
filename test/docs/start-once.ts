import { startGatewayProcess } from '../support/gateway-process.ts'

// `npm start` in a sample: starts the gateway with the environment given, waits until it is ready, and ends it.
const env = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
)
process.chdir(new URL('../../', import.meta.url).pathname)
const gateway = await startGatewayProcess({ ...env, PORT: '0' })
await gateway.kill()
