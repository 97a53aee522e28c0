/** Prints each change as a line. After a lost connection it continues after the last change that it printed. */
import { setTimeout as delay } from 'node:timers/promises'
import { createResumableClient } from '../clients/resumable.ts'

const { LATCHKEY_URL = 'http://127.0.0.1:4000', LATCHKEY_KEY } = process.env
const client = createResumableClient({
  url: `${LATCHKEY_URL.replace(/^http/, 'ws')}/graphql`,
  connectionParams: LATCHKEY_KEY ? { authorization: `Bearer ${LATCHKEY_KEY}` } : {},
  retryWait: (tries) => delay(Math.min(500 * 2 ** tries, 10_000)),
})
let isWatching = false
// The gateway sends a batch at least every 15 seconds. Without one, the connection is lost.
const silence = setTimeout(() => client.terminate(), 40_000)

const query = `subscription Watch { changes { cursor gap { reason } changes {
  kind occurredAt type: __typename
  ... on UserChange { of: acsUser { name: displayName } }
  ... on CredentialChange { of: recordedAcsUser { name: displayName } credential { name: displayName } }
  ... on EntranceChange { entrance: acsEntrance { name: displayName } }
  ... on ConnectionChange { system: acsSystem { name } }
} } }`
type Change = { kind: string; occurredAt: string; type: string } & Record<string, { name: string } | null>
type Data = { changes: { gap: { reason: string } | null; changes: Change[] } }

function print({ kind, occurredAt, type, ...objects }: Change): void {
  console.log(occurredAt, type, kind, ...Object.values(objects).map((object) => object?.name ?? '–'))
}
function fail(problem: unknown): void {
  console.error(problem instanceof CloseEvent ? `${problem.code} ${problem.reason}` : problem)
  process.exit(1)
}
function next({ data, errors }: { data?: Data | null | undefined; errors?: readonly object[] | undefined }) {
  silence.refresh()
  if (!isWatching) console.error(`Watching ${LATCHKEY_URL}`)
  isWatching = true
  if (errors) console.error(errors)
  if (data?.changes.gap) console.log(`Changes are missing here: ${data.changes.gap.reason}`)
  data?.changes.changes.forEach(print)
}
client.subscribe<Data>({ query }, { next, error: fail, complete: process.exit })
