import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { freePort } from './process.ts'

/** A Redis of one's own, which keeps what it acknowledged, and can be ended, frozen and emptied. */
export type Redis = AsyncDisposable & {
  readonly url: string
  readonly folder: string
  start(): Promise<void>
  /** Ends it without a warning. */
  kill(): Promise<void>
  /** Stops it from running, with all connections left open. */
  freeze(): void
  thaw(): void
  /** Runs a command and answers what it says. */
  command(...words: string[]): Promise<unknown>
}

/** Starts a Redis with its append-only file synced at every write, unless arguments say otherwise. */
export async function startRedis(args: readonly string[] = []): Promise<Redis> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-redis-'))
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
    const place = ['--port', port, '--bind', '127.0.0.1', '--dir', folder]
    child = spawn('redis-server', [...place, ...durable, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child, 'spawn')
    for await (const chunk of child.stdout ?? []) if (String(chunk).includes('Ready to accept')) break
    child.stdout?.resume()
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
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
