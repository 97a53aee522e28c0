import { ErrorReply } from 'redis'
import type { RedisClient } from './master-connection.ts'
import { nullIfRefused, readHello, readInfo } from './server-role.ts'

/** Determines how many replicas must have a write before it is acknowledged. */
export type ReplicaCounter = {
  /** Returns the number for a master: 0 if it has no replicas and requires none. Rejects with a `READONLY` reply if it is not a master. */
  countRequired(client: RedisClient): Promise<number>
}

/**
 * How long a lost replica still counts. A replica that a master has lost may have been promoted without the master's knowledge, so writes wait
 * for all replicas that the master had within this time. After that only the master's `min-replicas-to-write` applies.
 */
const lostReplicaMs = 10_000
/** Replicas acknowledge every second. One whose last acknowledgement is older does not count. */
const maxLagSeconds = 5

export function createReplicaCounter(): ReplicaCounter {
  /** The maximum number of replicas that each master had recently, by replication id, and when it had them. */
  const recentMaxima = new Map<string, { readonly count: number; readonly at: number }>()

  function updateRecentMax(master: string, count: number): number {
    const previous = recentMaxima.get(master)
    const now = performance.now()
    if (previous !== undefined && previous.count > count && now - previous.at < lostReplicaMs)
      return previous.count
    recentMaxima.set(master, { count, at: now })
    for (const [other, { at }] of recentMaxima) if (now - at > lostReplicaMs) recentMaxima.delete(other)
    return count
  }

  /** Cached counts of connections without permission for INFO, where counting takes `acknowledgementWaitMs`. */
  const countByClient = new WeakMap<RedisClient, { readonly count: number; readonly at: number }>()

  async function countCached(client: RedisClient): Promise<number> {
    const cached = countByClient.get(client)
    if (cached !== undefined && performance.now() - cached.at < lostReplicaMs) return cached.count
    const acknowledging = await countAcknowledgingReplicas(client)
    // A busy replica is not missed when the connection is opened; later the recent maximum counts.
    const count =
      cached === undefined && acknowledging === 0
        ? await client.wait(1, firstAcknowledgementWaitMs)
        : acknowledging
    countByClient.set(client, { count, at: performance.now() })
    return count
  }

  return {
    async countRequired(client) {
      const info = await readInfo(client, 'replication')
      if (info === null) return updateRecentMax('', await countCached(client))
      if (!info.includes('role:master')) throw new ErrorReply('READONLY this Redis is a replica')
      const master = /^master_replid:(\w+)/m.exec(info)?.[1] ?? ''
      const online = [...info.matchAll(/^slave\d+:.*state=online.*lag=(\d+)/gm)]
      const upToDateCount = online.filter(([, lag]) => Number(lag) <= maxLagSeconds).length
      // INFO has this field only if `min-replicas-to-write` is set.
      const minReplicas = info.includes('min_slaves_good_slaves') ? await readMinReplicas(client) : 0
      return Math.max(minReplicas, updateRecentMax(master, upToDateCount))
    },
  }
}

/** More replicas than there can be. WAIT then returns after its timeout, with the number of replicas that have acknowledged all writes. */
const unreachableReplicaCount = 1_000
const acknowledgementWaitMs = 200
/** Replicas acknowledge every second without being asked. */
const firstAcknowledgementWaitMs = 1_500

async function countAcknowledgingReplicas(client: RedisClient): Promise<number> {
  if ((await readHello(client))?.isMaster === false) throw new ErrorReply('READONLY this Redis is a replica')
  return client.wait(unreachableReplicaCount, acknowledgementWaitMs)
}

/** Reads the master's `min-replicas-to-write`, which is known to be set. Assumes 1 if the service forbids CONFIG. */
async function readMinReplicas(client: RedisClient): Promise<number> {
  const settings = await client.configGet('min-replicas-to-write').catch(nullIfRefused)
  return Math.max(1, Number(settings?.['min-replicas-to-write'] ?? 1))
}
