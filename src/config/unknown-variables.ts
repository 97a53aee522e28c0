/** Prefixes of Latchkey's and Seam's variables. An unknown variable with such a prefix is an error. */
const ownPrefixPattern = /^(LATCHKEY|SEAM)_/i

/** Variables of programs that use the gateway, such as `latchkey import` and the examples. A shell may have them for all programs. */
const clientVariables: readonly string[] = ['LATCHKEY_URL', 'LATCHKEY_KEY']

/** The variables that Kubernetes sets for each service of a namespace. Those of a service named `latchkey` look like Latchkey's own. */
const serviceLinkPatterns = [
  { name: /_SERVICE_HOST$/, value: /^[\da-f.:]+$/i },
  { name: /_SERVICE_PORT(_[A-Z0-9_]+)?$/, value: /^\d+$/ },
  { name: /_PORT(_\d+_(TCP|UDP|SCTP))?$/, value: /^(tcp|udp|sctp):\/\// },
  { name: /_PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)$/, value: /^/ },
]

/** Whether the variable is a service link that Kubernetes has set. */
export function isServiceLink(name: string, value: string): boolean {
  return serviceLinkPatterns.some((link) => link.name.test(name) && link.value.test(value))
}

/** Shorter names are not compared by distance: they are too similar to variables of other programs. */
const minComparedLength = 7

/**
 * Describes the unknown names that were probably intended for Latchkey, each with the most similar known name, if any.
 * Ignores the variables of other programs.
 */
export function describeUnknownVariables(given: readonly string[], known: readonly string[]): string[] {
  return given
    .filter((name) => !known.includes(name) && !clientVariables.includes(name))
    .flatMap((name) => {
      const meant = findIntendedName(name, known)
      if (meant !== null) return [`${name} is not a known variable; did you mean ${meant}?`]
      return ownPrefixPattern.test(name) ? [`${name} is not a known variable; remove it.`] : []
    })
}

function findIntendedName(name: string, known: readonly string[]): string | null {
  const normalized = normalizeName(name)
  const hasOwnPrefix = ownPrefixPattern.test(name)
  for (const candidate of known) {
    const target = normalizeName(candidate)
    if (
      normalized === target ||
      (hasOwnPrefix && (normalized === `LATCHKEY${target}` || isAbbreviation(normalized, target)))
    )
      return candidate
  }
  if (normalized.length < minComparedLength) return null
  return (
    known.find(
      (candidate) =>
        normalizeName(candidate).length >= minComparedLength &&
        levenshteinDistance(normalized, normalizeName(candidate)) <= 2,
    ) ?? null
  )
}

/** Whether `short` is `long` with letters left out and the same last three letters, such as SEAM_KEY for SEAM_API_KEY. */
function isAbbreviation(short: string, long: string): boolean {
  let matched = 0
  for (const letter of long) if (letter === short[matched]) matched++
  return matched === short.length && short.slice(-3) === long.slice(-3)
}

function normalizeName(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

/** The Levenshtein distance of two words. */
function levenshteinDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...to].entries()) {
      const substitutionCost = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(substitutionCost, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
