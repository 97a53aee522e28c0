import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openRedisConnection } from '../../src/redis/redis-connection.ts'
import { startRedis } from '../support/redis-server.ts'

/** Stops this process's event loop, as a garbage collection or a suspended machine does. */
const blockEventLoop = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

describe('a Redis connection', () => {
  it('should use a reply that arrived in time while the process was paused', async () => {
    await using redis = await startRedis()
    const connection = openRedisConnection(redis.url)
    await connection.execute((client) => client.ping())

    const replying = connection.execute((client) => client.sendCommand(['BLPOP', 'no such list', '0.1']), 300)
    await delay(20)
    await new Promise(setImmediate) // The event loop runs timers next, before it reads sockets.
    blockEventLoop(500)

    await expect(replying).resolves.toBeNull()
    connection.close()
  })

  it('should reject a command that Redis does not answer', async () => {
    await using redis = await startRedis()
    const connection = openRedisConnection(redis.url)
    await connection.execute((client) => client.ping())

    redis.freeze()

    await expect(connection.execute((client) => client.ping(), 100)).rejects.toThrow('it does not answer')
    redis.thaw()
    connection.close()
  })
})
