import { setTimeout as delay } from 'node:timers/promises'
import { startSandboxProcess } from '../harness/sandbox-process.ts'
import { sendRequest } from './load-generator.ts'
import { startLatchkey, type Variant } from './variants.ts'

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
async function readAll(latchkey: Variant): Promise<number> {
  let entities = 0
  for (let after: string | null = null; ; ) {
    const body = JSON.stringify({ query: pageQuery, variables: { after } })
    const response: string = await sendRequest({ ...latchkey, body })
    const { acsUsers, acsEntrances } = (JSON.parse(response) as { data: Page }).data
    entities += acsUsers.nodes.reduce((sum, { credentials }) => sum + 1 + credentials.totalCount, 0)
    if (!acsUsers.pageInfo.hasNextPage) return entities + acsEntrances.totalCount
    after = acsUsers.pageInfo.endCursor
  }
}

/** Time after which the gateway has released the responses that it keeps for equal queries. */
const cachedResponsesMs = 1_000

/** Measures the heap in MB per 10,000 ACS users, credentials and entrances, including which credentials unlock which entrances. */
export async function measureMemory(
  residents: number,
  entrances: number,
): Promise<{ entities: number; mbPer10k: number }> {
  const sandbox = await startSandboxProcess({ residents, entrances, latencyMs: 0 })
  const latchkey = await startLatchkey(sandbox)
  await sendRequest({ ...latchkey, body: JSON.stringify({ query: '{ __typename }' }) })
  const before = await latchkey.gateway.heapBytes()
  const entities = await readAll(latchkey)
  await delay(cachedResponsesMs)
  const after = await latchkey.gateway.heapBytes()
  await latchkey.stop()
  await sandbox.stop()
  return { entities, mbPer10k: ((after - before) / 1e6 / entities) * 10_000 }
}
