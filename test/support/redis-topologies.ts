import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createClient } from 'redis'
import { freePort } from './gateway-process.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

const run = promisify(execFile)

/** Redis servers with failover. */
export type RedisGroup = AsyncDisposable & {
  /** The value of `REDIS_URL`; it does not depend on which server is the master. */
  readonly url: string
  /** Resolves when a failover can begin. */
  ready(): Promise<void>
  /** Kills or replaces the master; the way depends on `round`. Resolves when another server is the master. */
  failOver(round: number): Promise<void>
}

/** With these settings a master rejects writes while it has no replica. */
const requireReplica = ['--min-replicas-to-write', '1', '--min-replicas-max-lag', '5']

const portOf = (redis: RedisServer): string => new URL(redis.url).port

/** Starts a master, a replica that is promoted manually, and a proxy that leads to the current master. */
export async function startRedisPair(): Promise<RedisGroup & { readonly network: TcpProxy }> {
  await using opening = new AsyncDisposableStack()
  let master = opening.use(await startRedis(requireReplica))
  let replica = opening.use(await startRedis(requireReplica))
  const network = opening.use(await startTcpProxy(master.url))
  await replica.replicate(master)
  const open = opening.move()
  return {
    url: network.url,
    network,
    ready: async () => {},
    /** In odd rounds the old master is killed. In even rounds it runs on for a while, and in every second of them its connections stay open. */
    async failOver(round) {
      const isKilled = round % 2 === 1
      const [old, next] = [master, replica]
      if (isKilled) await old.kill()
      await next.replicate(null)
      if (!isKilled) await delay(Math.random() * 500)
      network.leadTo(next.url, { isEndingOthers: round % 4 !== 2 })
      if (isKilled) await old.start()
      await old.replicate(next)
      ;[master, replica] = [next, old]
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

const masterName = 'latchkey'

/** Starts three servers and three Sentinels that monitor them. */
export async function startSentinelGroup(): Promise<RedisGroup> {
  await using opening = new AsyncDisposableStack()
  const servers: RedisServer[] = []
  for (const _ of [1, 2, 3]) servers.push(opening.use(await startRedis(requireReplica)))
  const [first] = servers as [RedisServer]
  for (const server of servers.slice(1)) await server.replicate(first)
  const sentinels: string[] = []
  for (const _ of [1, 2, 3]) {
    const sentinel = await startSentinel(portOf(first))
    opening.defer(sentinel.end)
    sentinels.push(sentinel.port)
  }
  const ask = (...words: string[]) => commandAt(sentinels[0] ?? '', 'SENTINEL', ...words)
  const masterPort = async () => ((await ask('GET-MASTER-ADDR-BY-NAME', masterName)) as string[])[1] ?? ''

  /** Whether both other servers follow the master. Sentinel also lists a restarted server that is still a master of its own. */
  async function hasBothReplicas(): Promise<boolean> {
    const port = await masterPort()
    const master = servers.find((server) => portOf(server) === port)
    const info = String(await master?.command('INFO', 'replication').catch(() => ''))
    return [...info.matchAll(/^slave\d+:.*state=online/gm)].length === 2
  }

  /** Resolves when the Sentinels know all servers, since they fail over only to those, and when both replicas follow the master. */
  async function untilDiscovered(): Promise<void> {
    for (;;) {
      const master = JSON.stringify(await ask('MASTER', masterName))
      const replicas = JSON.stringify(await ask('REPLICAS', masterName))
      const isWhole = /"num-slaves","2"/.test(master) && /"num-other-sentinels","2"/.test(master)
      const isConnected = !/s_down|disconnected|"master-link-status","err"/.test(replicas)
      if (isWhole && isConnected && (await hasBothReplicas())) return
      await delay(100)
    }
  }

  await untilDiscovered()
  const open = opening.move()
  return {
    url: `redis+sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join(',')}/${masterName}`,
    ready: untilDiscovered,
    /** Kills the master, freezes it, or replaces it with Sentinel's FAILOVER command, in turn. */
    async failOver(round) {
      const port = await masterPort()
      const old = servers.find((server) => portOf(server) === port)
      if (round % 3 === 1) await old?.kill()
      else if (round % 3 === 2) old?.freeze()
      else await ask('FAILOVER', masterName)
      while ((await masterPort()) === port) await delay(50)
      if (round % 3 === 1) await old?.start()
      else if (round % 3 === 2) old?.thaw()
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function startSentinel(masterPort: string): Promise<{ port: string; end(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-sentinel-'))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  await writeFile(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${masterName} 1000`,
      `sentinel failover-timeout ${masterName} 4000`,
      `sentinel parallel-syncs ${masterName} 2`,
    ].join('\n'),
  )
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await untilPrinted(child, '+monitor')
  return {
    port,
    async end() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type RedisCluster = AsyncDisposable & {
  readonly url: string
  readonly nodes: readonly RedisServer[]
  /** Promotes a replica of the node that stores this key. */
  failOver(key: string): Promise<void>
}

type Shard = readonly [from: number, to: number, ...nodes: (readonly [host: string, port: number])[]]

/** Starts three masters with one replica each. */
export async function startRedisCluster(): Promise<RedisCluster> {
  await using opening = new AsyncDisposableStack()
  const nodes: RedisServer[] = []
  const busPorts: string[] = []
  for (let n = 0; n < 6; n++) {
    const busPort = await freePort()
    busPorts.push(busPort)
    const args = ['--cluster-enabled', 'yes', '--cluster-port', busPort, '--cluster-node-timeout', '2000']
    nodes.push(opening.use(await startRedis(args)))
  }
  const places = nodes.map((node) => `127.0.0.1:${portOf(node)}`)
  const members = places.map((place, index) => `${place}@${busPorts[index]}`)
  await run('redis-cli', ['--cluster', 'create', ...members, '--cluster-replicas', '1', '--cluster-yes'])
  const [first] = nodes as [RedisServer]
  const isHealthy = async (node: RedisServer) =>
    /cluster_state:ok/.test(String(await node.command('CLUSTER', 'INFO')))
  const hasMaster = async (node: RedisServer) =>
    /role:master|master_link_status:up/.test(String(await node.command('INFO', 'replication')))
  for (const node of nodes) while (!((await isHealthy(node)) && (await hasMaster(node)))) await delay(50)
  const shards = async () => (await first.command('CLUSTER', 'SLOTS')) as Shard[]
  while (!(await shards()).every((shard) => shard.length === 4)) await delay(50)

  const open = opening.move()
  return {
    url: `redis+cluster://${places.slice(0, 3).join(',')}`,
    nodes,
    async failOver(key) {
      const slot = await first.command('CLUSTER', 'KEYSLOT', key)
      const shardOf = async () =>
        (await shards()).find(([from, to]) => Number(slot) >= from && Number(slot) <= to)
      const replicaPort = (await shardOf())?.[3]?.[1]
      const replica = nodes.find((node) => portOf(node) === String(replicaPort))
      await replica?.command('CLUSTER', 'FAILOVER')
      while ((await shardOf())?.[2]?.[1] !== replicaPort) await delay(50)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

export type TlsRedis = AsyncDisposable & { readonly url: string; readonly certificateFile: string }

/** Starts a server that accepts TLS only, with a self-signed certificate. */
export async function startTlsRedis(): Promise<TlsRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-tls-'))
  const port = await freePort()
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const files = ['-keyout', key, '-out', certificate]
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, ...files])
  const tls = [
    '--tls-port',
    port,
    '--tls-cert-file',
    certificate,
    '--tls-key-file',
    key,
    '--tls-auth-clients',
    'no',
  ]
  const child = spawn('redis-server', ['--port', '0', '--dir', folder, ...tls, '--save', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await untilPrinted(child, 'Ready to accept')
  return {
    url: `rediss://localhost:${port}`,
    certificateFile: certificate,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilPrinted(child: ChildProcess, text: string): Promise<void> {
  for await (const chunk of child.stdout ?? []) if (String(chunk).includes(text)) break
  child.stdout?.resume()
}

async function commandAt(port: string, ...words: string[]): Promise<unknown> {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 2 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.sendCommand(words)
  } finally {
    client.destroy()
  }
}
