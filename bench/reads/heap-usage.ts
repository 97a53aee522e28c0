import { setTimeout as delay } from 'node:timers/promises'
import { sendRequest } from './load-generator.ts'
import { startSandboxProcess } from './sandbox-process.ts'
import { type LatchkeyVariant, startLatchkey, type Variant } from './variants.ts'

const pageQuery = /* GraphQL */ `
  query Page($after: String) {
    acsUsers(first: 100, after: $after) {
      totalCount
      nodes { credentials(first: 50) { totalCount nodes { entrances(first: 10) { totalCount } } } }
      pageInfo { hasNextPage endCursor }
    }
    acsEntrances(first: 1) { totalCount }
  }
`

type Page = {
  acsUsers: {
    totalCount: number
    nodes: { credentials: { totalCount: number } }[]
    pageInfo: { hasNextPage: boolean; endCursor: string }
  }
  acsEntrances: { totalCount: number }
}

/** Reads all objects of the sandbox page by page. Returns the number of ACS users, credentials and entrances. */
async function readAll(gateway: Variant): Promise<number> {
  let entities = 0
  for (let after: string | null = null; ; ) {
    const body = JSON.stringify({ query: pageQuery, variables: { after } })
    const response: string = await sendRequest({ ...gateway, body })
    const { acsUsers, acsEntrances } = (JSON.parse(response) as { data: Page }).data
    entities += acsUsers.nodes.reduce((sum, { credentials }) => sum + 1 + credentials.totalCount, 0)
    if (!acsUsers.pageInfo.hasNextPage) return entities + acsEntrances.totalCount
    after = acsUsers.pageInfo.endCursor
  }
}

/** Measures the used heap in bytes, as the lowest of several readings, because garbage collections run between them. */
async function measureHeap(gateway: LatchkeyVariant): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY
  for (let reading = 0; reading < 40; reading++) {
    const text = await gateway.metrics()
    lowest = Math.min(lowest, Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1]))
    // The request allocates garbage, so that a collection runs.
    await sendRequest(gateway)
    await delay(50)
  }
  return lowest
}

/** Measures the heap in MB per 10,000 ACS users, credentials and entrances, including which credentials unlock which entrances. */
export async function measureMemory(
  residents: number,
  entrances: number,
): Promise<{ entities: number; mbPer10k: number }> {
  const sandbox = await startSandboxProcess({ residents, entrances, latencyMs: 0 })
  // With this flag, every garbage collection is a full one, so that the used heap contains only reachable objects.
  const gateway = await startLatchkey(sandbox, ['--gc-global'])
  const empty = { ...gateway, body: JSON.stringify({ query: '{ __typename }' }) }
  const before = await measureHeap(empty)
  const entities = await readAll(gateway)
  const after = await measureHeap(empty)
  await gateway.stop()
  await sandbox.stop()
  return { entities, mbPer10k: ((after - before) / 1e6 / entities) * 10_000 }
}
