/** Counts calls of `add` in each turn of the event loop. */
export type TurnCounter = {
  add(): void
  /** The largest count of a turn. */
  readonly most: number
  stop(): void
}

export function countPerTurn(): TurnCounter {
  let count = 0
  let most = 0
  const startTurn = (): void => {
    count = 0
    next = setImmediate(startTurn)
  }
  let next = setImmediate(startTurn)
  return {
    add() {
      count++
      most = Math.max(most, count)
    },
    get most() {
      return most
    },
    stop: () => clearImmediate(next),
  }
}
