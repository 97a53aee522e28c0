import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A Map, a Set, an array or a dictionary. `heldAs` are the names of the variables and properties that refer to it. */
export type Collection = {
  readonly kind: 'Map' | 'Set' | 'Array' | 'Object'
  /** The number of entries that fit without a reallocation: less than twice the maximum number of entries so far. */
  readonly room: number
  readonly heldAs: readonly string[]
}

/** The live objects of a process. */
export type HeapContents = {
  /** The number of objects and functions of each name. */
  readonly counts: ReadonlyMap<string, number>
  /** Lists the collections with room for more entries than `room`, the largest first. */
  collectionsAbove(room: number): readonly Collection[]
}

/** The heap of a process that was started with `--inspect`. */
export type Heap = Disposable & {
  /** Runs a garbage collection, and reads the live objects. */
  read(): Promise<HeapContents>
}

/** Connects to the inspector whose address (`ws://…`) is in a process's output. */
export async function openHeap(output: string): Promise<Heap> {
  const [address = ''] = /ws:\/\/\S+/.exec(output) ?? []
  const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 1024 ** 3 })
  await once(socket, 'open')
  const chunks: string[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  socket.on('message', (message) => {
    const { method, params, error } = JSON.parse(String(message))
    if (method === 'HeapProfiler.addHeapSnapshotChunk') chunks.push(params.chunk)
    if (method !== undefined) return
    const answered = waiting.shift()
    if (error === undefined) answered?.resolve()
    else answered?.reject(new Error(error.message))
  })

  function call(method: string): Promise<void> {
    const answered = Promise.withResolvers<void>()
    waiting.push(answered)
    socket.send(JSON.stringify({ id: 1, method }))
    return answered.promise
  }

  return {
    async read() {
      await call('HeapProfiler.collectGarbage')
      await call('HeapProfiler.takeHeapSnapshot')
      return readSnapshot(JSON.parse(chunks.splice(0).join('')))
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}

/** V8's format of a heap snapshot: nodes and edges are rows of numbers in one flat array each; `meta` names the fields of a row. */
type Snapshot = {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[]
      readonly node_types: readonly [readonly string[]]
      readonly edge_fields: readonly string[]
      readonly edge_types: readonly [readonly string[]]
    }
  }
  readonly nodes: readonly number[]
  readonly edges: readonly number[]
  readonly strings: readonly string[]
}

/** For each kind: the edge to the storage of its entries, the number of words before the entries, and the number of words per entry. */
const layouts = {
  Map: { storage: 'table', head: 5, each: 3.5 },
  Set: { storage: 'table', head: 5, each: 2.5 },
  Array: { storage: 'elements', head: 2, each: 1 },
  Object: { storage: 'properties', head: 7, each: 3 },
} as const
const wordBytes = 8

function readSnapshot({ snapshot, nodes, edges, strings }: Snapshot): HeapContents {
  const { node_fields, node_types, edge_fields, edge_types } = snapshot.meta
  const width = node_fields.length
  const [typeAt, nameAt, sizeAt, edgesAt] = ['type', 'name', 'self_size', 'edge_count'].map((field) =>
    node_fields.indexOf(field),
  ) as [number, number, number, number]
  const [edgeTypeAt, edgeNameAt, toAt] = ['type', 'name_or_index', 'to_node'].map((field) =>
    edge_fields.indexOf(field),
  ) as [number, number, number]
  const field = (node: number, at: number): number => nodes[node + at] ?? 0
  const typeOf = (node: number): string => node_types[0][field(node, typeAt)] ?? ''
  const nameOf = (node: number): string => strings[field(node, nameAt)] ?? ''

  function forEachEdge(visit: (from: number, type: string, name: number, to: number) => void): void {
    let edge = 0
    for (let from = 0; from < nodes.length; from += width)
      for (let left = field(from, edgesAt); left > 0; left--, edge += edge_fields.length) {
        const type = edge_types[0][edges[edge + edgeTypeAt] ?? 0] ?? ''
        visit(from, type, edges[edge + edgeNameAt] ?? 0, edges[edge + toAt] ?? 0)
      }
  }

  const counts = new Map<string, number>()
  for (let node = 0; node < nodes.length; node += width) {
    const type = typeOf(node)
    if (type !== 'object' && type !== 'closure') continue
    const name = `${type} ${nameOf(node)}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }

  return {
    counts,
    collectionsAbove(least) {
      const found = new Map<number, Collection & { readonly heldAs: string[] }>()
      forEachEdge((from, type, name, to) => {
        if (type !== 'internal' || typeOf(from) !== 'object') return
        const kind = nameOf(from) as Collection['kind']
        const layout = layouts[kind]
        if (layout === undefined || strings[name] !== layout.storage) return
        const room = Math.floor((field(to, sizeAt) / wordBytes - layout.head) / layout.each)
        if (room > least) found.set(from, { kind, room, heldAs: [] })
      })
      forEachEdge((_, type, name, to) => {
        if (type === 'context' || type === 'property') found.get(to)?.heldAs.push(strings[name] ?? '')
      })
      return [...found.values()].toSorted((a, b) => b.room - a.room)
    },
  }
}
