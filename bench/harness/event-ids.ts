/**
 * Event ids of the benchmarks contain a number, so that subscribers can find and count the changes of a message quickly, whatever fields
 * their operations select.
 */
const prefix = '00000000-0000-4000-8000-'
const prefixBytes = Buffer.from(prefix)
const digits = 12

/** Returns the event id, a UUID, of a number. */
export function eventIdOf(eventNumber: number): string {
  return prefix + eventNumber.toString(16).padStart(digits, '0')
}

/** Returns the numbers of all event ids in a message. */
export function findEventNumbers(message: Buffer): readonly number[] {
  const numbers: number[] = []
  for (let at = message.indexOf(prefixBytes); at !== -1; at = message.indexOf(prefixBytes, at + 1)) {
    const start = at + prefix.length
    numbers.push(Number.parseInt(message.toString('latin1', start, start + digits), 16))
  }
  return numbers
}

let lastNumber = 0

/** Returns numbers that were not returned before. */
export function takeEventNumbers(count: number): readonly number[] {
  return Array.from({ length: count }, () => ++lastNumber)
}
