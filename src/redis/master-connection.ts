import { createClient, createCluster, createSentinel } from 'redis'
import type { RedisAddress, RedisHost } from './redis-url.ts'

export type RedisClient = ReturnType<typeof createNodeClient>

/** A connection to the master that holds a Redis key. It never reconnects: after `onLost` the owner opens another one. */
export type MasterConnection = { readonly client: RedisClient; close(): void }

export type MasterConnectionOptions = {
  readonly address: RedisAddress
  /** The Redis key whose node is wanted; in a Cluster, each node holds a part of the keys. */
  readonly key: string
  readonly connectTimeoutMs: number
  /** Called when the connection ended, or Sentinel reports another master. May be called more than once. */
  readonly onLost: (error: Error) => void
  /** Closes the connection, and cancels an attempt to open one. */
  readonly signal: AbortSignal
}

/** How often node-redis polls the Sentinels, in addition to their notifications. */
const sentinelScanMs = 10_000

/** Finds the master and connects to it. Makes a single attempt, and rejects if that fails. */
export async function openMasterConnection(options: MasterConnectionOptions): Promise<MasterConnection> {
  const { signal } = options
  signal.throwIfAborted()
  const closeHandlers: (() => void)[] = []
  const aborted = Promise.withResolvers<never>()
  let isClosed = false
  const close = (): void => {
    isClosed = true
    signal.removeEventListener('abort', close)
    aborted.reject(signal.reason)
    for (const closeHandler of closeHandlers.splice(0).reverse()) closeHandler()
  }
  signal.addEventListener('abort', close)
  aborted.promise.catch(ignore)
  try {
    const opening = clientOpeners[options.address.kind](options, (closeHandler) => {
      if (isClosed) closeHandler()
      else closeHandlers.push(closeHandler)
    })
    const client = await Promise.race([opening, aborted.promise])
    client.on('error', options.onLost)
    return { client, close }
  } catch (error) {
    close()
    throw error
  }
}

type ClientOpener = (
  options: MasterConnectionOptions,
  onClose: (end: () => void) => void,
) => Promise<RedisClient>

const clientOpeners: { readonly [K in RedisAddress['kind']]: ClientOpener } = {
  single: (options, onClose) => connectNode(options.address.nodes[0], options, onClose),

  async sentinel(options, onClose) {
    const { address, onLost } = options
    const { socket, ...client } = clientOptions(options)
    const sentinel = createSentinel({
      name: address.masterName,
      sentinelRootNodes: [...address.nodes],
      sentinelClientOptions: { socket, ...address.sentinelCredentials },
      nodeClientOptions: { ...client, socket },
      scanInterval: sentinelScanMs,
      // Makes a single attempt; the owner retries.
      maxCommandRediscovers: 0,
    })
    sentinel.on('error', ignore).on('client-error', ignore)
    onClose(() => void sentinel.destroy().catch(ignore))
    await sentinel.connect()
    const master = sentinel.getMasterNode()
    if (master === undefined) throw new Error('the Sentinels report no reachable master')
    sentinel.on('topology-change', ({ type }: { type: string }) => {
      if (type === 'MASTER_CHANGE') onLost(new Error('the Sentinels report another master'))
    })
    return connectNode(master, options, onClose)
  },

  async cluster(options, onClose) {
    const { address, key } = options
    const cluster = createCluster({
      rootNodes: address.nodes.map((node) => ({ socket: { ...node } })),
      defaults: clientOptions(options),
      minimizeConnections: true,
    })
    cluster.on('error', ignore).on('node-error', ignore)
    onClose(() => cluster.destroy())
    await cluster.connect()
    const [anyMaster] = cluster.masters
    const slot = anyMaster && (await (await cluster.nodeClient(anyMaster)).clusterKeySlot(key))
    const shard = slot === undefined ? undefined : cluster.slots[slot]
    if (shard === undefined) throw new Error('no node of the Cluster serves the slot of the journal')
    return connectNode(shard.master, options, onClose)
  },
}

async function connectNode(
  { host, port }: RedisHost,
  options: MasterConnectionOptions,
  onClose: (end: () => void) => void,
): Promise<RedisClient> {
  const client = createNodeClient(options, { host, port })
  client.on('error', ignore)
  onClose(() => {
    if (client.isOpen) client.destroy()
  })
  return client.connect()
}

function createNodeClient(options: MasterConnectionOptions, node: RedisHost) {
  const { socket, ...client } = clientOptions(options)
  return createClient({ ...client, socket: { ...socket, ...node } })
}

function clientOptions({ address, connectTimeoutMs }: MasterConnectionOptions) {
  const { isTls, database, credentials } = address
  return {
    name: 'latchkey',
    // A command that cannot be sent now must not be sent after its caller got an error.
    disableOfflineQueue: true,
    maintNotifications: 'disabled' as const,
    ...credentials,
    ...(database > 0 && { database }),
    socket: {
      connectTimeout: connectTimeoutMs,
      // A server that was unreachable may return as a replica, so the owner looks for the master again.
      reconnectStrategy: false as const,
      ...(isTls && { tls: true as const }),
    },
  }
}

function ignore(): void {}
