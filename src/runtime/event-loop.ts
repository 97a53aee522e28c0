/** Budget of one turn of the event loop, in rows: about ten milliseconds of CPU time. A row is the unit of all work that is done in slices. */
const rowsPerTurn = 5_000

/** Continuations waiting for a turn of the event loop, oldest first. */
const queue: { readonly rows: number; readonly resume: () => void }[] = []
let isScheduled = false
let rowsInTurn = 0

/**
 * Resolves in a turn of the event loop of its own, not shared with other callers. Work of more than about ten milliseconds awaits it before
 * each slice, so that timers and sockets are served between any two slices, however many operations run.
 */
export function waitForTurn(): Promise<void> {
  return enqueue(rowsPerTurn)
}

/** Calls `work` for each item, `itemsPerTurn` of them per turn of the event loop. The first ones run in the current turn. */
export async function forEachInTurns<T>(
  items: Iterable<T>,
  itemsPerTurn: number,
  work: (item: T) => void,
): Promise<void> {
  let done = 0
  for (const item of items) {
    if (done > 0 && done % itemsPerTurn === 0) await waitForTurn()
    done++
    work(item)
  }
}

/** Groups items by key, as `Map.groupBy` does, `rowsPerTurn` of them per turn of the event loop. */
export async function groupInTurns<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Promise<Map<K, T[]>> {
  const groups = new Map<K, T[]>()
  await forEachInTurns(items, rowsPerTurn, (item) => {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  })
  return groups
}

/** Runs a generator to its end, each step in a turn of the event loop of its own. Resolves with the returned value. */
export async function runStepsInTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value
    await waitForTurn()
  }
}

/**
 * Resolves in a turn of the event loop whose budget has room for `rows`. Returns `null` if the current turn has. Callers with few rows share a
 * turn, in first-in, first-out order.
 */
export function waitForRoom(rows: number): Promise<void> | null {
  if (queue.length > 0 || !hasRoom(rows)) return enqueue(rows)
  countRows(rows)
  return null
}

/** Charges rows to the current turn. */
export function countRows(rows: number): void {
  if (rowsInTurn === 0) setImmediate(resetTurn)
  rowsInTurn += rows
}

/** Whether the budget of `turns` turns is used up in the current turn. */
export function isTurnFull(turns = 1): boolean {
  return rowsInTurn >= turns * rowsPerTurn
}

function hasRoom(rows: number): boolean {
  return rowsInTurn === 0 || rowsInTurn + rows <= rowsPerTurn
}

function resetTurn(): void {
  rowsInTurn = 0
}

function enqueue(rows: number): Promise<void> {
  return new Promise((resume) => {
    queue.push({ rows, resume })
    if (isScheduled) return
    isScheduled = true
    setImmediate(resumeNext)
  })
}

function resumeNext(): void {
  resetTurn()
  for (let next = queue[0]; next !== undefined && hasRoom(next.rows); next = queue[0]) {
    queue.shift()
    countRows(next.rows)
    next.resume()
  }
  isScheduled = queue.length > 0
  if (isScheduled) setImmediate(resumeNext)
}
