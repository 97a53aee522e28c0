import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  Lexer,
  parse,
  type SelectionSetNode,
  Source,
  TokenKind,
} from 'graphql'

/** What one document may hold. The graph's own cost limit comes later, with the arguments; these keep parser and validator quick. */
const documentLimits = {
  tokens: 4_000,
  nesting: 64,
  depth: 20,
  aliases: 100,
  fields: 2_000,
  introspection: 1_000_000,
} as const

/** About how many there are of what introspection lists. The full query that tools send comes to a quarter of the limit. */
const introspected: Readonly<Record<string, number>> = {
  types: 100,
  fields: 12,
  inputFields: 8,
  possibleTypes: 8,
  enumValues: 6,
  directives: 6,
  args: 3,
  interfaces: 2,
}
const introspectionRoots = new Set(['__schema', '__type'])

/**
 * Parses a document within the limits. Throws a `GraphQLError` with the code GRAPHQL_PARSE_FAILED for what isn't GraphQL, and
 * DOCUMENT_TOO_LARGE for what is too much of it. The text is counted before it is parsed: the parser recurses, and a document of nothing
 * but brackets would overflow its stack.
 */
export function parseWithinLimits(text: string | Source): DocumentNode {
  const source = typeof text === 'string' ? new Source(text) : text
  try {
    countTokens(source)
    const document = parse(source, { noLocation: false })
    measureOperations(document)
    return document
  } catch (error) {
    if (!(error instanceof GraphQLError) || error.extensions.code !== undefined) throw error
    const { message, positions } = error
    throw new GraphQLError(message, {
      source,
      positions: positions ?? null,
      extensions: { code: 'GRAPHQL_PARSE_FAILED' },
    })
  }
}

const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

function countTokens(source: Source): void {
  const lexer = new Lexer(source)
  let nesting = 0
  for (let tokens = 0, kind = lexer.advance().kind; kind !== TokenKind.EOF; kind = lexer.advance().kind) {
    if (++tokens > documentLimits.tokens) throw tooLarge('tokens')
    if (opening.has(kind) && ++nesting > documentLimits.nesting) throw tooLarge('nesting')
    if (closing.has(kind)) nesting--
  }
}

/**
 * `weight` is how many fields an answer would have if everything here were introspection, whose lists are as long as the graph is large;
 * `introspection` is the weight of what truly is.
 */
type Measure = {
  depth: number
  aliases: number
  fields: number
  weight: number
  introspection: number
}

function measureOperations(document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const known = new Map<string, Measure>()
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const size = measure(definition.selectionSet, fragments, known)
    for (const limit of ['depth', 'aliases', 'fields', 'introspection'] as const)
      if (size[limit] > documentLimits[limit]) throw tooLarge(limit)
  }
}

/** Fragments count wherever they are spread. One that spreads itself counts once; validation refuses it afterwards. */
function measure(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  known: Map<string, Measure>,
): Measure {
  const total = { ...nothing }
  const add = (part: Measure, own: Measure) => {
    total.depth = Math.max(total.depth, own.depth + part.depth)
    total.aliases += own.aliases + part.aliases
    total.fields += own.fields + part.fields
    total.weight += own.weight + part.weight
    total.introspection += own.introspection + part.introspection
  }
  const addField = ({ alias, name }: FieldNode, part: Measure) => {
    const weight = part.weight * (introspected[name.value] ?? 1)
    const introspection = introspectionRoots.has(name.value) ? weight : part.introspection
    const own = { ...nothing, depth: 1, aliases: alias === undefined ? 0 : 1, fields: 1, weight: 1 }
    add({ ...part, weight, introspection }, own)
  }
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      add(measureFragment(selection.name.value, fragments, known), nothing)
    } else {
      const part = selection.selectionSet ? measure(selection.selectionSet, fragments, known) : nothing
      if (selection.kind === Kind.INLINE_FRAGMENT) add(part, nothing)
      else addField(selection, part)
    }
  }
  return total
}

const nothing: Measure = { depth: 0, aliases: 0, fields: 0, weight: 0, introspection: 0 }

function measureFragment(
  name: string,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  known: Map<string, Measure>,
): Measure {
  const measured = known.get(name)
  if (measured !== undefined) return measured
  known.set(name, nothing)
  const fragment = fragments.get(name)
  const size = fragment === undefined ? nothing : measure(fragment.selectionSet, fragments, known)
  known.set(name, size)
  return size
}

function tooLarge(limit: keyof typeof documentLimits): GraphQLError {
  return new GraphQLError(
    `The document is too large: its ${limit} may be at most ${documentLimits[limit]}. Ask for less, or in several requests.`,
    { extensions: { code: 'DOCUMENT_TOO_LARGE' } },
  )
}
