/*
 * The ceiling of memory use: requests the pages of the lists that the gateway loads, and keeps the parsed rows in arrays. Sends the heap in
 * bytes that the rows take.
 */
import type { ListSizes } from './large-benchmark.ts'

const [, , url = '', apiKey = ''] = process.argv
const lists = ['acs_systems', 'acs_users', 'acs_entrances', 'acs_credentials', 'connected_accounts'] as const

async function readRows(list: (typeof lists)[number]): Promise<unknown[]> {
  const rows: unknown[] = []
  for (let cursor: string | null = null; ; ) {
    const response = await fetch(`${url}/${list.replace('acs_', 'acs/')}/list`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(cursor === null ? {} : { page_cursor: cursor }),
    })
    const page = (await response.json()) as {
      readonly [key in typeof list]: readonly unknown[]
    } & { readonly pagination?: { readonly next_page_cursor: string | null } }
    rows.push(...page[list])
    cursor = page.pagination?.next_page_cursor ?? null
    if (cursor === null) return rows
  }
}

function measureHeap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const before = measureHeap()
const rowsByList = new Map<string, readonly unknown[]>()
for (const list of lists) rowsByList.set(list, await readRows(list))
const heapBytes = measureHeap() - before
const count = (list: (typeof lists)[number]): number => rowsByList.get(list)?.length ?? 0
const sizes: ListSizes = {
  users: count('acs_users'),
  entrances: count('acs_entrances'),
  credentials: count('acs_credentials'),
}
process.send?.({ heapBytes, sizes })
