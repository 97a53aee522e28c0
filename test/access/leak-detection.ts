import type { NodeType } from '../../src/model/ids.ts'
import { listForeignMarks, type WorkspaceFacts } from './expected-access.ts'
import { fieldRules } from './expected-rules.ts'
import { isNodeType } from './graph-walk.ts'
import type { TestViewer } from './viewers.ts'

type GraphObject = Readonly<Record<string, unknown>> & { readonly __typename: string }

/**
 * Searches an answer for objects and values that the viewer may not see, and returns a sentence for each. Every object in the answer must
 * contain its `__typename`.
 */
export function findLeaks(truth: WorkspaceFacts, viewer: TestViewer, data: unknown): readonly string[] {
  const found: string[] = []
  const foreign = listForeignMarks(truth, viewer.visibleIds)

  function check(value: unknown, where: string): void {
    if (Array.isArray(value)) for (const each of value) check(each, where)
    else if (typeof value === 'string') checkText(value, where)
    else if (isGraphObject(value)) checkObject(value)
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) check(inner, `${where}.${name}`)
  }

  function checkText(text: string, where: string): void {
    const texts = [text, Buffer.from(text, 'base64url').toString('utf8')]
    const named = texts.flatMap((each) => [each, ...(each.match(uuids) ?? [])])
    for (const each of named) if (foreign.has(each)) found.push(`${where} reveals ${each}`)
  }

  function checkObject(object: GraphObject): void {
    const { __typename: type } = object
    if (isNodeType(type) && !viewer.visibleIds[type].has(String(object.seamId)))
      found.push(`${type} ${object.seamId} is outside of the access scope`)
    for (const [name, value] of Object.entries(object)) {
      if (name !== '__typename') checkField(object, name, value)
      check(value, `${type}.${name}`)
    }
  }

  function checkField({ __typename: type, seamId }: GraphObject, name: string, value: unknown): void {
    const rule = fieldRules[type]?.[name]
    if (rule === 'edge') {
      const named = truth.edges[`${type}.${name}`]
      if (named === undefined) found.push(`${type}.${name} is an edge without expected ids`)
      else checkList(`${type}.${name} of ${seamId}`, value, named(String(seamId)))
    }
    if (typeof rule === 'object' && 'list' in rule)
      checkList(`${type}.${name}`, value, new Set(truth.rows[rule.list].keys()))
    if (typeof rule === 'object' && 'scope' in rule && value !== null && !viewer.scopes.includes(rule.scope))
      found.push(`${type}.${name} is shown without ${rule.scope}`)
  }

  /** Checks that a list contains and counts exactly those of its objects that are in the access scope. */
  function checkList(where: string, value: unknown, all: ReadonlySet<string>): void {
    const shown = findNodes(value).map((node) => String(node.seamId))
    const isMine = (id: string) => Object.values(viewer.visibleIds).some((ids) => ids.has(id))
    const expected = [...all].filter(isMine).sort()
    if (JSON.stringify(shown.toSorted()) !== JSON.stringify(expected))
      found.push(`${where} shows ${shown.length} of ${expected.length}, or others`)
    if (isGraphObject(value) && 'totalCount' in value && value.totalCount !== expected.length)
      found.push(`${where} counts ${value.totalCount}, not ${expected.length}`)
  }

  check(data, 'data')
  return found
}

const uuids = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g

function isGraphObject(value: unknown): value is GraphObject {
  return typeof value === 'object' && value !== null && '__typename' in value
}

/** Returns the nodes in a field's value: a node, a list of nodes, or the nodes of a connection. */
export function findNodes(value: unknown): readonly (GraphObject & { readonly __typename: NodeType })[] {
  if (Array.isArray(value)) return value.flatMap(findNodes)
  if (!isGraphObject(value)) return []
  if (isNodeType(value.__typename)) return [value as GraphObject & { __typename: NodeType }]
  return 'nodes' in value ? findNodes(value.nodes) : []
}
