import type { NewKey } from '../auth/keys.ts'
import { type GraphName, graphNames, type Scope, scopes } from '../auth/viewer.ts'
import { type NodeType, parseId, type SeamId } from '../model/ids.ts'
import { readFlags, UsageError } from './usage.ts'

/** Reads `--name NAME --scopes read,… [--systems ID,…] [--resident ID] [--graph partner] [--expires 90d]`. Throws `UsageError`. */
export function readKeyRequest(args: readonly string[], now: Date): NewKey {
  const { values } = readFlags(args, ['name', 'scopes', 'systems', 'resident', 'graph', 'expires'])
  const { name, systems, resident, graph, expires } = values
  if (name === undefined) throw new UsageError('Give the key a name to revoke it by: --name NAME.')
  return {
    name,
    scopes: readScopes(values.scopes),
    ...(systems !== undefined && { acsSystemIds: listOf(systems).map((id) => readId('AcsSystem', id)) }),
    ...(resident !== undefined && { residentId: readId('AcsUser', resident) }),
    ...(graph !== undefined && { graph: readGraph(graph) }),
    ...(expires !== undefined && { expiresAt: readExpiry(expires, now) }),
  }
}

function readScopes(text: string | undefined): readonly Scope[] {
  const known = `Known are: ${scopes.join(', ')}.`
  if (text === undefined) throw new UsageError(`Say what the key may do: --scopes read,write. ${known}`)
  return [...new Set(listOf(text))].map((word) => {
    const scope = scopes.find((candidate) => candidate === word)
    if (scope === undefined) throw new UsageError(`"${word}" is no scope. ${known}`)
    return scope
  })
}

function readGraph(text: string): GraphName {
  const graph = graphNames.find((candidate) => candidate === text)
  if (graph === undefined) throw new UsageError(`"${text}" is no graph. Known are: ${graphNames.join(', ')}.`)
  return graph
}

function readId<T extends NodeType>(type: T, text: string): SeamId<T> {
  const id = parseId(type, text)
  if (id === null)
    throw new UsageError(
      `"${text}" is no id of an ${type}. Take its id from the graph, or Seam's own id (a UUID).`,
    )
  return id
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** A while from now (`12h`, `90d`, `4w`) or a date with or without a time. */
function readExpiry(text: string, now: Date): string {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([hdw])$/.exec(text) ?? []
  const isDate = /^\d{4}-\d\d-\d\d(T.+)?$/.test(text)
  const at =
    count === undefined ? Date.parse(isDate ? text : '') : now.getTime() + Number(count) * (unitMs[unit] ?? 0)
  if (Number.isNaN(at))
    throw new UsageError(`"${text}" is no time. Write --expires 90d, 12h, 4w, or a date such as 2027-01-31.`)
  if (at <= now.getTime()) throw new UsageError(`${text} is over already: the key would never work.`)
  return new Date(at).toISOString()
}

/** The parts between the commas. An empty list would mean "none", where the flag was meant to say "these". */
function listOf(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.includes('')) throw new UsageError(`"${text}" has an empty part. Divide with single commas.`)
  return parts
}
