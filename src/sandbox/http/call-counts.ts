/** The number of calls of each route of the API. */
export type CallCounts = { total: number; byRoute: Record<string, number> }

/** Counts calls by route, such as `acs/users/list`. */
export type CallCounter = {
  count(route: string): void
  counts(): CallCounts
  reset(): void
}

/** Creates empty call counts. */
export function createCallCounter(): CallCounter {
  const byRoute = new Map<string, number>()
  return {
    count: (route) => void byRoute.set(route, (byRoute.get(route) ?? 0) + 1),
    counts() {
      const total = byRoute.values().reduce((sum, one) => sum + one, 0)
      return { total, byRoute: Object.fromEntries(byRoute) }
    },
    reset: () => byRoute.clear(),
  }
}
