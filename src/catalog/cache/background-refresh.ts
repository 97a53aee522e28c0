import { runUncounted } from '../../observability/operation-cost.ts'

/** Schedules loads of data that was served from a snapshot. `isEverything`: `partitions` are all that exist. */
export type BackgroundRefresh<Id, Partition> = {
  schedule(partitions: readonly Partition[], ids: readonly Id[], isEverything: boolean): void
}

/** Delay of a refresh, so that it starts after the response that scheduled it. */
export const backgroundRefreshDelayMs = 50

/** Batches what is scheduled within the delay, and refreshes it in one call that counts for no operation's cost. */
export function createBackgroundRefresh<Id, Partition>(
  refresh: (partitions: readonly Partition[], ids: readonly Id[], isEverything: boolean) => void,
): BackgroundRefresh<Id, Partition> {
  let partitions = new Set<Partition>()
  let ids = new Set<Id>()
  let includesEverything = false
  let isScheduled = false

  function refreshNow(): void {
    const due = [[...partitions], [...ids], includesEverything] as const
    partitions = new Set()
    ids = new Set()
    includesEverything = false
    isScheduled = false
    refresh(...due)
  }

  return {
    schedule(addedPartitions, addedIds, isEverything) {
      for (const partition of addedPartitions) partitions.add(partition)
      for (const id of addedIds) ids.add(id)
      includesEverything ||= isEverything
      if (isScheduled) return
      isScheduled = true
      runUncounted(() => setTimeout(refreshNow, backgroundRefreshDelayMs).unref())
    },
  }
}
