import { type DocumentNode, GraphQLError, Lexer, parse, Source, TokenKind } from 'graphql'

/** Limits of a document, so that parsing and validation are fast. `operation-size.ts` limits the operation after validation. */
const documentLimits = { tokens: 4_000, nesting: 64 } as const

/**
 * Parses a document. Throws a `GraphQLError` with the code GRAPHQL_PARSE_FAILED for a syntax error, and with DOCUMENT_TOO_LARGE if the
 * document exceeds a limit. The tokens are counted before parsing: the parser is recursive, and deeply nested brackets would overflow its
 * stack.
 */
export function parseWithinLimits(text: string | Source): DocumentNode {
  const source = typeof text === 'string' ? new Source(text) : text
  try {
    checkTokenLimits(source)
    return parse(source, { noLocation: false })
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

const openingTokens: ReadonlySet<string> = new Set([
  TokenKind.BRACE_L,
  TokenKind.BRACKET_L,
  TokenKind.PAREN_L,
])
const closingTokens: ReadonlySet<string> = new Set([
  TokenKind.BRACE_R,
  TokenKind.BRACKET_R,
  TokenKind.PAREN_R,
])

function checkTokenLimits(source: Source): void {
  const lexer = new Lexer(source)
  let nesting = 0
  for (let tokens = 0, kind = lexer.advance().kind; kind !== TokenKind.EOF; kind = lexer.advance().kind) {
    if (++tokens > documentLimits.tokens) throw createTooLargeError('tokens')
    if (openingTokens.has(kind) && ++nesting > documentLimits.nesting) throw createTooLargeError('nesting')
    if (closingTokens.has(kind)) nesting--
  }
}

function createTooLargeError(limit: keyof typeof documentLimits): GraphQLError {
  return new GraphQLError(
    `The document is too large: its ${limit} may be at most ${documentLimits[limit]}. Request less, or use several requests.`,
    { extensions: { code: 'DOCUMENT_TOO_LARGE' } },
  )
}
