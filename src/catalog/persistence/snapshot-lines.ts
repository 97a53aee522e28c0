import type { z } from 'zod'
import type { AcsCredential } from '../../model/entities.ts'
import { waitForTurn } from '../../runtime/event-loop.ts'
import type { SystemSnapshot, WorkspaceSnapshot } from './snapshot.ts'
import {
  headerSchema,
  lineSchema,
  type PartSchema,
  snapshotFormat,
  systemParts,
  workspaceParts,
} from './snapshot-schema.ts'

/** A snapshot of the workspace or of one system, with the journal's epoch, offset and term that it includes. */
export type StoredSnapshot = {
  readonly epoch: string
  readonly offset: number
  readonly term?: string | undefined
} & ({ readonly workspace: WorkspaceSnapshot } | { readonly system: SystemSnapshot })

/** The lists of a part of a snapshot, which are written and read in chunks, and its other members. */
type Part = { readonly at: number; readonly isWhole: boolean } & Readonly<Record<string, unknown>>
type Edges = readonly [id: string, others: readonly string[]]

/** Maximum number of items of a line: a line is written or read in one turn of the event loop. An edge is an item. */
const itemsPerLine = 500

/**
 * Serializes a snapshot to lines of JSON: a header, and for each part its head and then its lists in chunks. Reads the snapshot while the
 * lines are taken. Never contains a PIN.
 */
export function* serializeSnapshot(snapshot: StoredSnapshot): Generator<string, void> {
  const { epoch, offset, term } = snapshot
  const isWorkspace = 'workspace' in snapshot
  const { acsSystemId, ...parts } = isWorkspace
    ? { ...snapshot.workspace, acsSystemId: undefined }
    : snapshot.system
  yield JSON.stringify({ format: snapshotFormat, epoch, offset, term, acsSystemId })
  for (const [part, content] of Object.entries<Part | null>(parts)) {
    if (content === null) continue
    const { at, isWhole, ...lists } = content
    yield JSON.stringify({ part, head: { at, isWhole } })
    for (const [list, items] of Object.entries(lists)) {
      const lines =
        list === 'edges' ? splitEdges(items as readonly Edges[]) : splitItems(items as readonly unknown[])
      for (const line of lines) {
        const shown =
          part === 'credentials' && list === 'rows' ? (line as AcsCredential[]).map(withoutCode) : line
        yield JSON.stringify({ part, list, items: shown })
      }
    }
  }
}

function* splitItems(items: readonly unknown[]): Generator<readonly unknown[], void> {
  for (let start = 0; start < items.length; start += itemsPerLine)
    yield items.slice(start, start + itemsPerLine)
}

function* splitEdges(edges: readonly Edges[]): Generator<readonly Edges[], void> {
  let line: Edges[] = []
  let count = 0
  for (const [id, others] of edges) {
    for (let start = 0; start < others.length; ) {
      const taken = others.slice(start, start + itemsPerLine - count)
      line.push([id, taken])
      start += taken.length
      count += taken.length
      if (count < itemsPerLine) continue
      yield line
      line = []
      count = 0
    }
  }
  if (line.length > 0) yield line
}

function withoutCode(row: AcsCredential): AcsCredential {
  return row.code === null ? row : { ...row, code: null, isCodeAtSeam: true }
}

/**
 * Parses the lines of a snapshot, each in a turn of the event loop of its own. A part that does not match its schema is reported once to
 * `onInvalidPart` and is `null`, as if it had not been cached. Resolves to `null` if the header is invalid or of another format.
 */
export async function parseSnapshot(
  [first = '', ...lines]: readonly string[],
  onInvalidPart: (part: string, problem: string) => void,
): Promise<StoredSnapshot | null> {
  // A file of the first format is one long line.
  const header = first.startsWith(`{"format":${snapshotFormat},`)
    ? headerSchema.safeParse(parseJson(first))
    : null
  if (header?.success !== true) return null
  const { format: _format, acsSystemId, ...position } = header.data
  const schemas = acsSystemId === undefined ? workspaceParts : systemParts
  const parser = createPartParser(schemas, onInvalidPart)
  for (const line of lines) {
    await waitForTurn()
    parser.add(parseJson(line))
  }
  const parts = parser.finish()
  return acsSystemId === undefined
    ? { ...position, workspace: parts as WorkspaceSnapshot }
    : { ...position, system: { acsSystemId, ...parts } as SystemSnapshot }
}

/** Creates a parser that collects the parts of a snapshot from its lines. */
function createPartParser(
  schemas: typeof workspaceParts | typeof systemParts,
  onInvalidPart: (part: string, problem: string) => void,
) {
  const parts = new Map<string, Record<string, unknown>>()
  const invalidParts = new Set<string>()

  function reject(part: string, problem: string): void {
    if (!invalidParts.has(part)) onInvalidPart(part, problem)
    invalidParts.add(part)
  }

  function addLine(value: unknown): void {
    const line = lineSchema.safeParse(value)
    const part = line.data?.part ?? 'line'
    const schema = Object.entries(schemas).find(([name]) => name === part)?.[1]
    if (line.data === undefined) reject(part, describeProblem(line.error))
    else if (schema === undefined || invalidParts.has(part)) return
    else if ('head' in line.data) addHead(part, schema, line.data.head)
    else addItems(part, schema, line.data)
  }

  function addHead(part: string, schema: PartSchema, value: unknown): void {
    const head = schema.head.safeParse(value)
    const lists = Object.fromEntries(Object.keys(schema.lists).map((list) => [list, []]))
    if (head.success) parts.set(part, { ...lists, ...head.data })
    else reject(part, describeProblem(head.error))
  }

  function addItems(
    part: string,
    schema: PartSchema,
    line: { readonly list: string; readonly items?: unknown },
  ): void {
    const items = schema.lists[line.list]?.safeParse(line.items)
    const collected = parts.get(part)?.[line.list] as unknown[] | undefined
    if (items?.success === false) reject(part, describeProblem(items.error))
    for (const item of items?.data ?? []) collected?.push(item)
  }

  return {
    add: addLine,
    finish: () =>
      Object.fromEntries(
        Object.keys(schemas).map((part) => [part, invalidParts.has(part) ? null : (parts.get(part) ?? null)]),
      ),
  }
}

/** Returns the path of the first problem, without the value there, which may be personal data. */
function describeProblem(error: z.ZodError): string {
  const [issue] = error.issues
  return `${issue?.code ?? 'invalid'} at ${issue?.path.join('.') ?? ''}`
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
