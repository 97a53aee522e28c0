/** Loaded into a measured process with `--import`: reports the resources that the process uses to its parent process. */

/** Question of the parent process. */
export type UsageQuestion = { readonly report: 'cpu' | 'memory' | 'handles' }

export type MemoryUsage = {
  /** Reachable objects of V8's heap, in bytes. */
  readonly heapBytes: number
  /** Resident set size, in bytes. */
  readonly residentBytes: number
}

/** Numbers of open handles by type, such as `Timeout` or `TCPSocketWrap`. */
export type HandleCounts = Readonly<Record<string, number>>

const reports = {
  /** CPU time that the process has used, in microseconds. */
  cpu(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  memory(): MemoryUsage {
    // The first collection runs finalizers, which release more objects.
    for (let collection = 0; collection < 2; collection++) globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    return { heapBytes: heapUsed, residentBytes: rss }
  },
  handles(): HandleCounts {
    const types = Map.groupBy(process.getActiveResourcesInfo(), (type) => type)
    return Object.fromEntries([...types].map(([type, each]) => [type, each.length]))
  },
}

process.on('message', (message: UsageQuestion | string) => {
  if (typeof message === 'string' || !Object.hasOwn(reports, message.report)) return
  process.send?.({ ...message, value: reports[message.report]() })
})
process.channel?.unref()
// The parent process has ended without stopping this one.
process.once('disconnect', () => process.exit(0))
