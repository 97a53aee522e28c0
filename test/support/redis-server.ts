import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'redis'
import { freePort } from './gateway-process.ts'

/** A Redis server for one test. Acknowledged writes are durable. It can be killed, frozen and emptied. */
export type RedisServer = AsyncDisposable & {
  readonly url: string
  readonly folder: string
  start(): Promise<void>
  /** Kills the process with SIGKILL. */
  kill(): Promise<void>
  /** Suspends the process with SIGSTOP. Its connections stay open. */
  freeze(): void
  thaw(): void
  /** Runs a command and returns its reply. */
  command(...words: string[]): Promise<unknown>
  /** Makes this server a replica of `master`, or a master. Resolves when the replica has all data of its master. */
  replicate(master: RedisServer | null): Promise<void>
}

/**
 * A folder in memory, if there is one with enough room. The disk of a shared machine can stop for seconds, which is longer than the
 * gateway waits for Redis; no test depends on a disk, because the tests kill processes and not the machine.
 */
async function findParentFolder(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => null)
  return memory !== null && memory.bavail * memory.bsize >= 1024 ** 3 ? '/dev/shm' : tmpdir()
}

/** Starts a Redis server that syncs its append-only file at every write, unless the arguments say otherwise. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const folder = await mkdtemp(join(await findParentFolder(), 'latchkey-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | null = null

  async function command(...words: string[]): Promise<unknown> {
    const client = createClient({ url })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return await client.sendCommand(words)
    } finally {
      client.destroy()
    }
  }

  async function start(): Promise<void> {
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
    const location = [
      '--port',
      port,
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--repl-diskless-sync-delay',
      '0',
    ]
    child = spawn('redis-server', [...location, ...durable, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child, 'spawn')
    for await (const chunk of child.stdout ?? []) if (String(chunk).includes('Ready to accept')) break
    child.stdout?.resume()
  }

  async function replicate(master: RedisServer | null): Promise<void> {
    if (master === null) return void (await command('REPLICAOF', 'NO', 'ONE'))
    await command('REPLICAOF', '127.0.0.1', new URL(master.url).port)
    for (;;) {
      const ownInfo = String(await command('INFO', 'replication'))
      const masterInfo = String(await master.command('INFO', 'replication'))
      const offset = (info: string) => /master_repl_offset:(\d+)/.exec(info)?.[1]
      const isOnline = masterInfo.includes(`port=${port},state=online`)
      if (isOnline && ownInfo.includes('master_link_status:up') && offset(ownInfo) === offset(masterInfo))
        return
      await delay(20)
    }
  }

  async function kill(): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  await start()
  return {
    url,
    folder,
    start,
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    command,
    replicate,
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
