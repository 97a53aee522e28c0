import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { once } from 'node:events'
import type { CpuProfile, UsageQuestion } from './usage-reporter.ts'

/** A server in its own process, which reports the resources that it uses. */
export type MeasuredServer = {
  readonly url: string
  /** Returns the CPU time that the process has used so far, in microseconds. */
  cpuMicros(): Promise<number>
  /** Returns the size of the heap after a garbage collection, in bytes. */
  heapBytes(): Promise<number>
  /** Returns the CPU profile of the process during some work. */
  profile(work: () => Promise<unknown>): Promise<CpuProfile>
  stop(): Promise<void>
}

/** Questions to a process that was started with `forkMeasured`. */
export type UsageReport = Pick<MeasuredServer, 'cpuMicros' | 'heapBytes' | 'profile'>

/** Starts a module in a process of its own that answers the questions of `createUsageReport`. */
export function forkMeasured(
  file: string,
  args: readonly string[] = [],
  options: ForkOptions = {},
  flags: readonly string[] = [],
): ChildProcess {
  const execArgv = [...flags, '--expose-gc', '--import', new URL('usage-reporter.ts', import.meta.url).href]
  return fork(file, args, { ...options, execArgv })
}

export function createUsageReport(child: ChildProcess): UsageReport {
  function ask<T>(report: UsageQuestion['report']): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const onMessage = (message: Partial<UsageQuestion> & { value: T }): void => {
      if (message.report === report) resolve(message.value)
    }
    const onExit = (): void => reject(new Error('The measured process has ended.'))
    child.on('message', onMessage).once('exit', onExit)
    child.send({ report } satisfies UsageQuestion)
    return promise.finally(() => child.off('message', onMessage).off('exit', onExit))
  }
  return {
    cpuMicros: () => ask('cpu'),
    heapBytes: () => ask('heap'),
    async profile(work) {
      await ask('startProfile')
      await work()
      return ask('stopProfile')
    },
  }
}

/** Starts a server of a benchmark, which sends its port to its parent process when it listens. */
export async function startMeasuredServer(
  file: string,
): Promise<MeasuredServer & { readonly child: ChildProcess }> {
  const child = forkMeasured(file)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    child,
    url: `http://127.0.0.1:${port}/graphql`,
    ...createUsageReport(child),
    stop: () => stopProcess(child),
  }
}

/** Stops a process with SIGTERM, or with another signal, and waits for its exit. */
export async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}
