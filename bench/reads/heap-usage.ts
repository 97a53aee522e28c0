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

/** Reads everything there is, page after page; answers how many users, credentials and entrances that were. */
async function readAll(gateway: Variant): Promise<number> {
  let entities = 0
  for (let after: string | null = null; ; ) {
    const body = JSON.stringify({ query: pageQuery, variables: { after } })
    const answer: string = await sendRequest({ ...gateway, body })
    const { acsUsers, acsEntrances } = (JSON.parse(answer) as { data: Page }).data
    entities += acsUsers.nodes.reduce((sum, { credentials }) => sum + 1 + credentials.totalCount, 0)
    if (!acsUsers.pageInfo.hasNextPage) return entities + acsEntrances.totalCount
    after = acsUsers.pageInfo.endCursor
  }
}

/** The heap in use, as the lowest of some readings: in between it has been collected. */
async function measureHeap(gateway: LatchkeyVariant): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let reading = 0; reading < 40; reading++) {
    const text = await gateway.metrics()
    least = Math.min(least, Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1]))
    // Something to collect.
    await sendRequest(gateway)
    await delay(50)
  }
  return least
}

/** How many MB of heap ten thousand users, credentials and entrances take, with who opens what. */
export async function measureMemory(
  residents: number,
  entrances: number,
): Promise<{ entities: number; mbPer10k: number }> {
  const building = await startSandboxProcess({ residents, entrances, latencyMs: 0 })
  // Every collection is a full one, so that what is in use is what is needed.
  const gateway = await startLatchkey(building, ['--gc-global'])
  const empty = { ...gateway, body: JSON.stringify({ query: '{ __typename }' }) }
  const before = await measureHeap(empty)
  const entities = await readAll(gateway)
  const after = await measureHeap(empty)
  await gateway.stop()
  await building.stop()
  return { entities, mbPer10k: ((after - before) / 1e6 / entities) * 10_000 }
}
