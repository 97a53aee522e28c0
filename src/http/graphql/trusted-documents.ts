import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type GraphQLSchema, validate } from 'graphql'
import type { Viewer } from '../../auth/viewer.ts'
import { ConfigError } from '../../config/config.ts'
import type { TrustRequirement } from '../../config/environment-schema.ts'
import type { Logger } from '../../observability/logger.ts'
import { HttpError } from '../protocol/http-error.ts'
import { parseWithinLimits } from './document-limits.ts'
import { type GraphqlParams, type GraphqlRequest, isRecord } from './graphql-request.ts'

/** The trusted documents of the operator's frontends, and those of the dashboard. Clients send their ids; some viewers may send no other documents. Requests never register one. */
export type TrustedDocuments = {
  /**
   * Returns the document to execute. Throws an `HttpError`: PERSISTED_QUERY_NOT_FOUND for an unknown id, and DOCUMENT_NOT_TRUSTED, before
   * the document is parsed, if the viewer may send only trusted documents.
   */
  resolve(viewer: Viewer, request: GraphqlRequest): GraphqlParams
}

export type TrustedDocumentsOptions = {
  /** Paths of JSON files that map ids to documents, as written by GraphQL Code Generator (`persistedDocuments` of its client preset). */
  readonly files: readonly string[]
  readonly requiredFor: TrustRequirement
  /** The documents of the dashboard: the file that its build writes, and whether people log in to it with tokens. */
  readonly dashboard?: { readonly file: URL; readonly hasLogin: boolean }
  /** Documents that are invalid in this schema are logged as warnings: a frontend may be older or newer than the gateway. */
  readonly schema: GraphQLSchema
  readonly log: Pick<Logger, 'warn'>
}

/** Reads the files. Rejects with a `ConfigError` that lists all their problems. */
export async function readTrustedDocuments(options: TrustedDocumentsOptions): Promise<TrustedDocuments> {
  const problems: string[] = []
  const byId = new Map<string, string>()
  for (const file of options.files) {
    const documents = await readDocumentFile(file)
    if (typeof documents === 'string') problems.push(`TRUSTED_DOCUMENTS names ${file}, ${documents}`)
    else for (const [id, text] of documents) addDocument(id, text, file)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  const texts = new Set(byId.values())
  for (const text of texts) warnIfInvalid(options, text)
  const dashboardTexts = await readDashboardTexts(options)
  return {
    resolve: (viewer, request) =>
      resolveRequest(viewer, request, { byId, texts, dashboardTexts, ...options }),
  }

  function addDocument(id: string, text: string, file: string): void {
    const existing = byId.get(id)
    if (existing !== undefined && existing !== text)
      problems.push(`TRUSTED_DOCUMENTS names ${file}, which has another document under the id ${id}.`)
    byId.set(id, text)
    // Clients that compute the id themselves use SHA-256, even if the file uses another hash.
    byId.set(hash('sha256', text), text)
  }
}

/** Reads the documents of the dashboard. They are of the same version as the gateway, or missing if the dashboard is not built. */
async function readDashboardTexts({
  dashboard,
  files,
}: TrustedDocumentsOptions): Promise<ReadonlySet<string>> {
  const documents =
    dashboard === undefined || files.length === 0 ? [] : await readDocumentFile(dashboard.file)
  return new Set(typeof documents === 'string' ? [] : documents.map(([, text]) => text))
}

/** Reads the ids and documents of a file. Returns a description of the problem if the file is invalid. */
async function readDocumentFile(
  file: string | URL,
): Promise<readonly (readonly [string, string])[] | string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error)
  if (typeof text !== 'string') return `which can't be read (${text.code}).`
  const map = parseJson(text)
  if (map === undefined) return 'which is not JSON.'
  const isMap = isRecord(map) && Object.values(map).every((value) => typeof value === 'string')
  return isMap
    ? (Object.entries(map) as [string, string][])
    : 'which is not an object of documents with their ids as keys.'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function warnIfInvalid({ schema, log }: TrustedDocumentsOptions, text: string): void {
  const problem = findProblem(schema, text)
  if (problem !== null)
    log.warn({ document: text.slice(0, 100), problem }, 'A trusted document is not valid in this graph')
}

function findProblem(schema: GraphQLSchema, text: string): string | null {
  try {
    return validate(schema, parseWithinLimits(text))[0]?.message ?? null
  } catch (error) {
    return (error as Error).message
  }
}

type LoadedDocuments = Pick<TrustedDocumentsOptions, 'files' | 'requiredFor' | 'dashboard'> & {
  readonly byId: ReadonlyMap<string, string>
  readonly texts: ReadonlySet<string>
  readonly dashboardTexts: ReadonlySet<string>
}

function resolveRequest(
  viewer: Viewer,
  { documentId, query, ...rest }: GraphqlRequest,
  documents: LoadedDocuments,
): GraphqlParams {
  const trusted = documentId === null ? undefined : findDocument(documentId, documents)
  if (query === null) {
    if (trusted === undefined) throw createDocumentNotFoundError()
    return { ...rest, query: trusted }
  }
  if (trusted !== undefined && trusted !== query)
    throw new HttpError(
      400,
      'BAD_REQUEST',
      '`query` differs from the document with this `documentId`. Send only one of them.',
    )
  const isTrusted =
    documents.texts.has(query) || (documents.dashboardTexts.has(query) && usesDashboard(viewer, documents))
  if (!isTrusted && isTrustRequired(viewer, documents)) throw createNotTrustedError(documents)
  return { ...rest, query }
}

/** Finds a document by id, with or without the prefix `sha256:`. */
function findDocument(documentId: string, { byId }: LoadedDocuments): string | undefined {
  return byId.get(documentId) ?? byId.get(documentId.replace(/^sha256:/, ''))
}

/** Whether the viewer may send only trusted documents. With `tokens`, these are the viewers of the whole graph that authenticate with a token. */
function isTrustRequired(
  { isDemo, apiKeyId, graph }: Viewer,
  { files, requiredFor }: LoadedDocuments,
): boolean {
  if (files.length === 0 || requiredFor === 'nobody') return false
  return requiredFor === 'everybody' || (apiKeyId === null && !isDemo && graph === 'whole')
}

/**
 * Whether the viewer may send the documents of the dashboard. A resident's token may not: it is used by the operator's own frontend, and
 * should read only what that shows.
 */
function usesDashboard(
  { apiKeyId, isDemo, accessScope, graph }: Viewer,
  { dashboard }: LoadedDocuments,
): boolean {
  if (graph !== 'whole') return false
  return apiKeyId !== null || isDemo || (dashboard?.hasLogin === true && accessScope.acsUserId === null)
}

/** The code and the message are those that clients recognize; they then send the document itself. */
function createDocumentNotFoundError(): HttpError {
  return new HttpError(404, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
}

function createNotTrustedError({ requiredFor }: LoadedDocuments): HttpError {
  const remedy = requiredFor === 'everybody' ? 'Add it there.' : 'Add it there, or use an API key.'
  return new HttpError(
    403,
    'DOCUMENT_NOT_TRUSTED',
    `The document is not trusted. This credential may send only the documents that the operator of the gateway lists in TRUSTED_DOCUMENTS. ${remedy}`,
  )
}
