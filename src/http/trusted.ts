import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type GraphQLSchema, validate } from 'graphql'
import type { Viewer } from '../auth/viewer.ts'
import { ConfigError, type TrustDemand } from '../config.ts'
import type { Logger } from '../log.ts'
import { parseWithinLimits } from './document-limits.ts'
import { type Asked, isRecord, type Params } from './execution.ts'
import { Refusal } from './respond.ts'

/** The documents of one's own frontends. Clients name them by an id, and some may send nothing else. Nobody adds one by asking. */
export type TrustedDocuments = {
  /**
   * What is to be executed. Throws a `Refusal`: PERSISTED_QUERY_NOT_FOUND for an id that none has, DOCUMENT_NOT_TRUSTED for another
   * document of somebody who may not send it – before it is read.
   */
  resolve(viewer: Viewer, asked: Asked): Params
}

export type TrustedDocumentsOptions = {
  /** JSON objects of texts by their ids, as GraphQL Code Generator writes them (`persistedDocuments` of its client preset). */
  readonly files: readonly string[]
  readonly demandedOf: TrustDemand
  /** Documents that aren't valid in it are told in the log: what uses them was deployed before or after this graph. */
  readonly schema: GraphQLSchema
  readonly log: Pick<Logger, 'warn'>
}

/** Reads the files. Throws `ConfigError` with everything that is wrong with them. */
export async function readTrustedDocuments(options: TrustedDocumentsOptions): Promise<TrustedDocuments> {
  const problems: string[] = []
  const byId = new Map<string, string>()
  for (const file of options.files) {
    const found = await readDocuments(file)
    if (typeof found === 'string') problems.push(`TRUSTED_DOCUMENTS names ${file}, ${found}`)
    else for (const [id, text] of found) add(id, text, file)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  const texts = new Set(byId.values())
  for (const text of texts) tellInvalid(options, text)
  return { resolve: (viewer, asked) => resolve(viewer, asked, { byId, texts, ...options }) }

  function add(id: string, text: string, file: string): void {
    const known = byId.get(id)
    if (known !== undefined && known !== text)
      problems.push(`TRUSTED_DOCUMENTS names ${file}, which has another document under the id ${id}.`)
    byId.set(id, text)
    // Clients that hash by themselves take SHA-256, whatever the file took.
    byId.set(hash('sha256', text), text)
  }
}

/** The documents of a file by their ids; a text is what is wrong with it. */
async function readDocuments(file: string): Promise<readonly (readonly [string, string])[] | string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error)
  if (typeof text !== 'string') return `which can't be read (${text.code}).`
  const map = readJson(text)
  if (map === undefined) return 'which is not JSON.'
  const isMap = isRecord(map) && Object.values(map).every((value) => typeof value === 'string')
  return isMap
    ? (Object.entries(map) as [string, string][])
    : 'which is not an object of documents by their ids.'
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function tellInvalid({ schema, log }: TrustedDocumentsOptions, text: string): void {
  const problem = problemWith(schema, text)
  if (problem !== null)
    log.warn({ document: text.slice(0, 100), problem }, 'a trusted document is not valid in this graph')
}

function problemWith(schema: GraphQLSchema, text: string): string | null {
  try {
    return validate(schema, parseWithinLimits(text))[0]?.message ?? null
  } catch (error) {
    return (error as Error).message
  }
}

type Known = Pick<TrustedDocumentsOptions, 'files' | 'demandedOf'> & {
  readonly byId: ReadonlyMap<string, string>
  readonly texts: ReadonlySet<string>
}

function resolve(viewer: Viewer, { documentId, query, ...rest }: Asked, known: Known): Params {
  const trusted = documentId === null ? undefined : find(documentId, known)
  if (query === null) {
    if (trusted === undefined) throw notFound()
    return { ...rest, query: trusted }
  }
  if (trusted !== undefined && trusted !== query)
    throw new Refusal(
      400,
      'BAD_REQUEST',
      'The query is not the document that documentId names. Send one of them.',
    )
  if (isDemanded(viewer, known) && !known.texts.has(query)) throw notTrusted(known)
  return { ...rest, query }
}

/** An id may name its hash, whether or not the file does. */
function find(documentId: string, { byId }: Known): string | undefined {
  return byId.get(documentId) ?? byId.get(documentId.replace(/^sha256:/, ''))
}

/** By tokens come the people who use one's own frontends; a partner's are known by their graph. */
function isDemanded({ isDemo, keyId, graph }: Viewer, { files, demandedOf }: Known): boolean {
  if (files.length === 0 || demandedOf === 'nobody') return false
  return demandedOf === 'everybody' || (keyId === null && !isDemo && graph === 'whole')
}

/** In the words that clients know, which then send the whole document. */
function notFound(): Refusal {
  return new Refusal(404, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
}

function notTrusted({ demandedOf }: Known): Refusal {
  const remedy =
    demandedOf === 'everybody' ? 'Add this one there.' : 'Add this one there, or ask with an API key.'
  return new Refusal(
    403,
    'DOCUMENT_NOT_TRUSTED',
    `Whoever you are may send only the documents that the gateway’s operator has listed in TRUSTED_DOCUMENTS. ${remedy}`,
  )
}
