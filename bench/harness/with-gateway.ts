import { type Gateway, startGateway } from './gateway.ts'
import { type SandboxProcess, startSandboxProcess } from './sandbox-process.ts'

/** Runs an action with a small sandbox and a gateway, and stops both. */
export async function withGateway<T>(
  action: (gateway: Gateway, sandbox: SandboxProcess) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents: 10, entrances: 4, latencyMs: 0 })
  stack.defer(sandbox.stop)
  const gateway = await startGateway(sandbox)
  stack.defer(gateway.stop)
  return await action(gateway, sandbox)
}
