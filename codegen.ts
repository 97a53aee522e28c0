import { glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { buildASTSchema, lexicographicSortSchema, parse, printSchema } from 'graphql'
import { buildSchema } from './schema/schema.ts'
import type { GraphName } from './src/auth/viewer.ts'

/**
 * Writes what is derived from the graph's code: the schema, the part of it that partners see, and typed documents for the tests and the dashboard.
 * With `--check` it writes nothing, and exits with 1 and the names of the files that are out of date.
 */
const root = import.meta.dirname
const schemaFile = 'schema/schema.graphql'
const partnerFile = 'schema/partner.graphql'

/** Typed documents of one client of the graph. `documents` is a glob pattern. */
type Target = { readonly path: string; readonly documents: string; readonly config?: object }

const targets: readonly Target[] = [
  { path: 'test/generated/graphql.ts', documents: 'test/documents/*.graphql' },
  {
    path: 'dashboard/src/graph/generated/graphql.ts',
    documents: 'dashboard/src/**/*.graphql',
    // `__typename` identifies the types of changes and of nodes in the normalized cache.
    config: { nonOptionalTypename: false },
  },
]

/** A file as it should be; `path` is below the project's folder. */
type DerivedFile = { readonly path: string; readonly content: string }

async function derive(): Promise<DerivedFile[]> {
  const print = (graph: GraphName): string => `${printSchema(lexicographicSortSchema(buildSchema(graph)))}\n`
  const schema = print('whole')
  return [
    { path: schemaFile, content: schema },
    { path: partnerFile, content: print('partner') },
    ...(await Promise.all(targets.map((target) => createTypedDocuments(schema, target)))),
  ]
}

async function createTypedDocuments(
  schema: string,
  { path, documents, config }: Target,
): Promise<DerivedFile> {
  const locations = (await Array.fromAsync(glob(documents, { cwd: root }))).sort()
  const content = await codegen({
    filename: path,
    schema: parse(schema),
    schemaAst: buildASTSchema(parse(schema)),
    documents: await Promise.all(
      locations.map(async (location) => ({
        location,
        document: parse(await readFile(join(root, location), 'utf8')),
      })),
    ),
    plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
    pluginMap: { typescriptOperations, typedDocumentNode },
    config: {
      strictScalars: true,
      useTypeImports: true,
      // Three are texts: RFC 3339, an opaque position, an address. The fourth is for routers of Apollo Federation.
      scalars: { DateTime: 'string', Cursor: 'string', URL: 'string', _Any: 'object' },
      ...config,
    },
  })
  return { path, content: `${content.trimEnd()}\n` }
}

async function isCurrent({ path, content }: DerivedFile): Promise<boolean> {
  const present = await readFile(join(root, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return present === content
}

async function write(files: readonly DerivedFile[]): Promise<void> {
  for (const { path, content } of files) {
    await mkdir(join(root, dirname(path)), { recursive: true })
    await writeFile(join(root, path), content)
    console.log(`wrote ${path}`)
  }
}

async function check(files: readonly DerivedFile[]): Promise<void> {
  const outdated: string[] = []
  for (const file of files) if (!(await isCurrent(file))) outdated.push(file.path)
  if (outdated.length === 0) return console.log('What is derived from the graph is up to date.')
  console.error(`Out of date: ${outdated.join(', ')}. Run "npm run codegen" and commit what it writes.`)
  process.exitCode = 1
}

if (import.meta.main) {
  const files = await derive()
  await (process.argv.includes('--check') ? check(files) : write(files))
}
