/** Prints the residents, and then each change as it arrives in both ways: by event stream and by webhook. */
import { request, watchChanges } from './client.ts'
import { ResidentsDocument } from './generated/graphql.ts'
import { receiveWebhooks } from './webhook-receiver.ts'

let cursor: string | null = null
for (let after: string | null = null, hasNextPage = true; hasNextPage; ) {
  const page: Awaited<ReturnType<typeof readPage>> = await readPage(after)
  for (const { displayName, isSuspended } of page.acsUsers?.nodes ?? [])
    console.log(`resident ${displayName}${isSuspended ? ' (suspended)' : ''}`)
  // The first page's cursor: a change while the other pages are read is then received, too.
  cursor ??= page.cursor
  hasNextPage = page.acsUsers?.pageInfo.hasNextPage ?? false
  after = page.acsUsers?.pageInfo.endCursor ?? null
}

await using _receiver = await receiveWebhooks(cursor ?? '', ({ type, timestamp }) =>
  console.log(`webhook ${timestamp} ${type}`),
)
console.log('watching')
for await (const { gap, changes } of watchChanges(cursor ?? '')) {
  if (gap !== null) console.log(`gap ${gap.reason}: load the residents again`)
  for (const { __typename, kind, occurredAt } of changes)
    console.log(`stream ${occurredAt} ${__typename} ${kind}`)
}

function readPage(after: string | null) {
  return request(ResidentsDocument, { after })
}
