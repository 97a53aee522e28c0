import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** An example that runs in a process of its own, as a reader starts it. */
export type ExampleProcess = AsyncDisposable & {
  /** The lines that it printed, in order, from both streams. */
  lines(): readonly string[]
  /** Resolves when it has ended; `null` if a signal ended it. */
  readonly exitCode: Promise<number | null>
}

/** Starts a file of `examples/` with Node. `env` is its whole environment. */
export function startExample(
  file: string,
  env: Record<string, string>,
  args: readonly string[] = [],
): ExampleProcess {
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = once(child, 'exit')
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += chunk
    })
  return {
    lines: () => text.split('\n').filter((line) => line !== ''),
    exitCode: exit.then(([code]) => code as number | null),
    async [Symbol.asyncDispose]() {
      child.kill()
      await exit
    },
  }
}
