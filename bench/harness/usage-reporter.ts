import { Session } from 'node:inspector/promises'

/** Loaded into a measured process with `--import`: reports the resources that the process uses to its parent process. */

/** Question of the parent process. */
export type UsageQuestion = { readonly report: keyof typeof reports }

/** CPU profile, as V8's inspector writes it: nodes of the call tree, and the node of each sample. */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
}

let session: Session | null = null

const reports = {
  /** CPU time that the process has used, in microseconds. */
  cpu(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  /** Reachable objects of V8's heap, in bytes. */
  heap(): number {
    // The first collection runs finalizers, which release more objects.
    for (let collection = 0; collection < 2; collection++) globalThis.gc?.()
    return process.memoryUsage().heapUsed
  },
  /** Starts a CPU profile. */
  async startProfile(): Promise<null> {
    session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    return null
  },
  /** Ends the CPU profile and returns it. */
  async stopProfile(): Promise<CpuProfile | null> {
    const result = await session?.post('Profiler.stop')
    session?.disconnect()
    return result?.profile === undefined ? null : (result.profile as CpuProfile)
  },
}

process.on('message', async (message: UsageQuestion | string) => {
  if (typeof message === 'string' || !Object.hasOwn(reports, message.report)) return
  process.send?.({ ...message, value: await reports[message.report]() })
})
process.channel?.unref()
// The parent process has ended without stopping this one.
process.once('disconnect', () => process.exit(0))
