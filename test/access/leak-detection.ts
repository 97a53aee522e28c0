import type { NodeType } from '../../src/model/ids.ts'
import { listForeignMarks, type WorkspaceFacts } from './expected-access.ts'
import { fieldRules } from './expected-rules.ts'
import { isNodeType } from './graph-walk.ts'
import type { TestViewer } from './viewers.ts'

type Thing = Readonly<Record<string, unknown>> & { readonly __typename: string }

/**
 * Looks through an answer for what this asker may not see, by the rules and by the truth; answers a sentence for each thing found.
 * Every object in the answer has been asked for its `__typename`.
 */
export function findLeaks(truth: WorkspaceFacts, asker: TestViewer, data: unknown): readonly string[] {
  const found: string[] = []
  const foreign = listForeignMarks(truth, asker.sight)

  function look(value: unknown, where: string): void {
    if (Array.isArray(value)) for (const each of value) look(each, where)
    else if (typeof value === 'string') lookAtText(value, where)
    else if (isThing(value)) lookAtThing(value)
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) look(inner, `${where}.${name}`)
  }

  function lookAtText(text: string, where: string): void {
    const texts = [text, Buffer.from(text, 'base64url').toString('utf8')]
    const named = texts.flatMap((each) => [each, ...(each.match(uuids) ?? [])])
    for (const each of named) if (foreign.has(each)) found.push(`${where} tells ${each}`)
  }

  function lookAtThing(thing: Thing): void {
    const { __typename: type } = thing
    if (isNodeType(type) && !asker.sight[type].has(String(thing.seamId)))
      found.push(`${type} ${thing.seamId} is out of reach`)
    for (const [name, value] of Object.entries(thing)) {
      if (name !== '__typename') lookAtField(thing, name, value)
      look(value, `${type}.${name}`)
    }
  }

  function lookAtField({ __typename: type, seamId }: Thing, name: string, value: unknown): void {
    const rule = fieldRules[type]?.[name]
    if (rule === 'edge') {
      const named = truth.edges[`${type}.${name}`]
      if (named === undefined) found.push(`${type}.${name} is an edge without a truth`)
      else lookAtList(`${type}.${name} of ${seamId}`, value, named(String(seamId)))
    }
    if (typeof rule === 'object' && 'list' in rule)
      lookAtList(`${type}.${name}`, value, new Set(truth.rows[rule.list].keys()))
    if (typeof rule === 'object' && 'scope' in rule && value !== null && !asker.scopes.includes(rule.scope))
      found.push(`${type}.${name} is shown without ${rule.scope}`)
  }

  /** What is named is exactly what is there and within reach, and is counted as such. */
  function lookAtList(where: string, value: unknown, all: ReadonlySet<string>): void {
    const shown = findNodes(value).map((node) => String(node.seamId))
    const isMine = (id: string) => Object.values(asker.sight).some((ids) => ids.has(id))
    const expected = [...all].filter(isMine).sort()
    if (JSON.stringify(shown.toSorted()) !== JSON.stringify(expected))
      found.push(`${where} shows ${shown.length} of ${expected.length}, or others`)
    if (isThing(value) && 'totalCount' in value && value.totalCount !== expected.length)
      found.push(`${where} counts ${value.totalCount}, not ${expected.length}`)
  }

  look(data, 'data')
  return found
}

const uuids = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g

function isThing(value: unknown): value is Thing {
  return typeof value === 'object' && value !== null && '__typename' in value
}

/** The objects of the graph that a field's value names itself. */
export function findNodes(value: unknown): readonly (Thing & { readonly __typename: NodeType })[] {
  if (Array.isArray(value)) return value.flatMap(findNodes)
  if (!isThing(value)) return []
  if (isNodeType(value.__typename)) return [value as Thing & { __typename: NodeType }]
  return 'nodes' in value ? findNodes(value.nodes) : []
}
