/** Sends things in groups, one group at a time: what comes while one is under way shares the next. */
export type GroupSend<In, Out> = {
  /** Rejects when it could not be sent within its time, or with whatever became of its group. */
  add(item: In): Promise<Out>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

export type GroupSendOptions<In, Out> = {
  /** Sends a group; it has to be over at `until` (as `performance.now()` counts). */
  readonly send: (items: readonly In[], until: number) => Promise<readonly Out[]>
  /** How long an item may take in all, waiting included. */
  readonly patienceMs: number
  /** A group takes items until their weights come to this. */
  readonly weightAtMost: number
  readonly weigh: (item: In) => number
  /** What an item that waited in vain is told. */
  readonly late: () => Error
}

type Waiting<In, Out> = {
  readonly item: In
  readonly until: number
  readonly resolve: (out: Out) => void
  readonly reject: (error: unknown) => void
}

/** The first group goes at the end of this turn of the event loop, so that whatever comes in it goes together. */
export function createGroupSend<In, Out>(options: GroupSendOptions<In, Out>): GroupSend<In, Out> {
  let waiting: Waiting<In, Out>[] = []
  let running: Promise<void> | null = null

  function nextGroup(): Waiting<In, Out>[] {
    let weight = 0
    const end = waiting.findIndex(({ item }, index) => {
      weight += options.weigh(item)
      return index > 0 && weight > options.weightAtMost
    })
    return waiting.splice(0, end === -1 ? waiting.length : end)
  }

  async function sendGroup(group: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const first = group[0]?.until ?? 0
      const results = await options.send(
        group.map(({ item }) => item),
        first,
      )
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as Out)
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async function run(): Promise<void> {
    await new Promise(setImmediate)
    while (waiting.length > 0) {
      const isLate = ({ until }: Waiting<In, Out>): boolean => until <= performance.now()
      for (const { reject } of waiting.filter(isLate)) reject(options.late())
      waiting = waiting.filter((each) => !isLate(each))
      if (waiting.length > 0) await sendGroup(nextGroup())
    }
    running = null
  }

  return {
    add(item) {
      const { promise, resolve, reject } = Promise.withResolvers<Out>()
      waiting.push({ item, until: performance.now() + options.patienceMs, resolve, reject })
      running ??= run()
      return promise
    },
    async idle() {
      await running
    },
  }
}
