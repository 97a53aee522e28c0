/** Loaded into a measured process with `--import`: reports the resources that the process uses to its parent process. */

/** Question of the parent process. */
export type UsageQuestion = { readonly report: 'cpu' | 'heap' }

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
}

process.on('message', (message: UsageQuestion | string) => {
  if (typeof message === 'string' || !Object.hasOwn(reports, message.report)) return
  process.send?.({ ...message, value: reports[message.report]() })
})
process.channel?.unref()
// The parent process has ended without stopping this one.
process.once('disconnect', () => process.exit(0))
