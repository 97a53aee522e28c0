/** Variables of these families are ours or Seam's: one we don't know is a mistake. */
const families = /^(LATCHKEY|SEAM)_/i

/** Names this short are too easily near some other program's variable. */
const shortestToCompare = 7

/**
 * Names that look as if they were meant for us and aren't known: each with the one that was probably meant.
 * What belongs to other programs is left alone.
 */
export function strangers(given: readonly string[], known: readonly string[]): string[] {
  return given
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(name, known)
      if (meant !== null) return [`${name} is not a known variable; did you mean ${meant}?`]
      return families.test(name) ? [`${name} is not a known variable; remove it.`] : []
    })
}

function nearest(name: string, known: readonly string[]): string | null {
  const plain = squash(name)
  const family = families.test(name)
  for (const candidate of known) {
    const target = squash(candidate)
    if (plain === target || (family && (plain === `LATCHKEY${target}` || isAbbreviation(plain, target))))
      return candidate
  }
  if (plain.length < shortestToCompare) return null
  return (
    known.find(
      (candidate) => squash(candidate).length >= shortestToCompare && distance(plain, squash(candidate)) <= 2,
    ) ?? null
  )
}

/** SEAM_KEY for SEAM_API_KEY: same beginning and end, something left out. */
function isAbbreviation(short: string, long: string): boolean {
  let at = 0
  for (const letter of long) if (letter === short[at]) at++
  return at === short.length && short.slice(-3) === long.slice(-3)
}

function squash(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

/** How many letters must be changed, added or left out to get from one word to the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...to].entries()) {
      const swap = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
