/** Lets one at a time do what has the same name. */
export type Locks = { hold<T>(name: string, run: () => Promise<T>): Promise<T> }

/** Locks within this process, first come, first served; a name that nobody holds takes no memory. */
export function createLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async hold(name, run) {
      const before = tails.get(name) ?? Promise.resolve()
      const mine = before.then(run, run)
      // Whoever comes next waits for the end, however it is.
      const tail = mine.catch(() => undefined)
      tails.set(name, tail)
      try {
        return await mine
      } finally {
        if (tails.get(name) === tail) tails.delete(name)
      }
    },
  }
}
