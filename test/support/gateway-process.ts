import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

/** A gateway in its own process, started as an operator starts it. */
export type GatewayProcess = {
  readonly child: ChildProcess
  readonly url: string
  readonly wsUrl: string
  output(): string
  /** Kills the process with SIGKILL, like a power cut. */
  kill(): Promise<void>
}

/** Starts `src/main.ts` below `cwd` and waits for its banner. Throws with the process's output if it exits before. */
export async function startGatewayProcess(
  env: Record<string, string>,
  cwd = process.cwd(),
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd,
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk
    })
  }
  for (;;) {
    const url = /GraphiQL +(\S+)\/graphql/.exec(text)?.[1]
    if (url !== undefined) {
      return {
        child,
        url,
        wsUrl: `${url.replace('http', 'ws')}/graphql`,
        output: () => text,
        async kill() {
          if (child.exitCode !== null || child.signalCode !== null) return
          const gone = once(child, 'exit')
          child.kill('SIGKILL')
          await gone
        },
      }
    }
    if (child.exitCode !== null) throw new Error(text)
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  }
}

/** Returns a port that is free at this moment. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return String(port)
}
