import type { NewApiKey } from '../auth/api-keys/api-key-store.ts'
import { type GraphName, graphNames, type Scope, scopes } from '../auth/viewer.ts'
import { type NodeType, parseId, type SeamId } from '../model/ids.ts'
import { dayMs, hourMs } from '../model/time.ts'
import { type CommandOptions, readTextOption, UsageError } from './terminal.ts'

/** Reads the options of `keys create`, whose required options the parser has checked. Throws `UsageError`. */
export function readNewApiKey(options: CommandOptions, now: Date): NewApiKey {
  const graph = readTextOption(options, 'graph')
  return {
    scopes: [],
    ...readLimitOptions(options, now),
    name: readTextOption(options, 'name') ?? '',
    ...(graph !== undefined && { graph: readGraph(graph) }),
  }
}

type LimitOptions = Partial<Pick<NewApiKey, 'scopes' | 'acsSystemIds' | 'residentId' | 'expiresAt'>>

/** Reads the options that limit an API key, for `keys create` and `keys narrow`. Throws `UsageError`. */
export function readLimitOptions(options: CommandOptions, now: Date): LimitOptions {
  const [scopes, systems, resident, expires] = ['scopes', 'systems', 'resident', 'expires'].map((name) =>
    readTextOption(options, name),
  )
  return {
    ...(scopes !== undefined && { scopes: readScopes(scopes) }),
    ...(systems !== undefined && { acsSystemIds: splitList(systems).map((id) => readId('AcsSystem', id)) }),
    ...(resident !== undefined && { residentId: readId('AcsUser', resident) }),
    ...(expires !== undefined && { expiresAt: readExpiry(expires, now) }),
  }
}

function readScopes(text: string): readonly Scope[] {
  const known = `Known scopes: ${scopes.join(', ')}.`
  return [...new Set(splitList(text))].map((word) => {
    const scope = scopes.find((candidate) => candidate === word)
    if (scope === undefined) throw new UsageError(`"${word}" is not a scope. ${known}`)
    return scope
  })
}

function readGraph(text: string): GraphName {
  const graph = graphNames.find((candidate) => candidate === text)
  if (graph === undefined)
    throw new UsageError(`"${text}" is not a graph. Known graphs: ${graphNames.join(', ')}.`)
  return graph
}

function readId<T extends NodeType>(type: T, text: string): SeamId<T> {
  const id = parseId(type, text)
  if (id === null)
    throw new UsageError(
      `"${text}" is not an id of an ${type}. Use its id from the graph, or Seam's id (a UUID).`,
    )
  return id
}

const durationUnitsMs: Readonly<Record<string, number>> = { h: hourMs, d: dayMs, w: 7 * dayMs }

/** Reads a duration from now (`12h`, `90d`, `4w`), or a date with or without a time. */
function readExpiry(text: string, now: Date): string {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([hdw])$/.exec(text) ?? []
  const isDate = /^\d{4}-\d\d-\d\d(T.+)?$/.test(text)
  const expiresAtMs =
    count === undefined
      ? Date.parse(isDate ? text : '')
      : now.getTime() + Number(count) * (durationUnitsMs[unit] ?? 0)
  if (Number.isNaN(expiresAtMs))
    throw new UsageError(
      `--expires "${text}" is not a time. Use a duration such as 90d, 12h or 4w, or a date such as 2027-01-31.`,
    )
  if (expiresAtMs <= now.getTime())
    throw new UsageError(`--expires ${text} is in the past. Use a time in the future.`)
  return new Date(expiresAtMs).toISOString()
}

/** Splits a comma-separated list. Throws for an empty part, because an empty list would grant access to nothing. */
function splitList(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.includes(''))
    throw new UsageError(`"${text}" has an empty part. Separate the values with single commas.`)
  return parts
}
