import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type CodegenConfig, generate } from '@graphql-codegen/cli'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { buildSchema } from './schema/schema.ts'
import type { GraphName } from './src/auth/viewer.ts'

/**
 * Writes what is derived from the graph's code: the schema, the part of it that partners see, and typed documents for the tests and the dashboard.
 * With `--check` it writes nothing, and exits with 1 and the names of the files that are out of date.
 */
const root = import.meta.dirname
const schemaFile = 'schema/schema.graphql'
const partnerFile = 'schema/partner.graphql'

/** Typed documents of one client of the graph. */
const createTarget = (documents: string, config: object = {}) => ({
  preset: 'client' as const,
  documents,
  presetConfig: { fragmentMasking: false, skipIndexFile: true },
  config: {
    strictScalars: true,
    useTypeImports: true,
    // Three are texts: RFC 3339, an opaque position, an address. The fourth is for routers of Apollo Federation.
    scalars: { DateTime: 'string', Cursor: 'string', URL: 'string', _Any: 'object' },
    ...config,
  },
})

/** How the documents of the tests and of the dashboard get their types; `graphql-codegen` itself understands it, too. */
const config: CodegenConfig = {
  schema: schemaFile,
  importExtension: '.ts',
  silent: true,
  errorsOnly: true,
  generates: {
    'test/generated/': createTarget('test/documents/*.graphql'),
    // `__typename` identifies the types of changes and of nodes in the normalized cache.
    'dashboard/src/graph/generated/': createTarget('dashboard/src/**/*.graphql', {
      enumsAsTypes: true,
      nonOptionalTypename: false,
    }),
  },
}
export default config

/** A file as it should be; `path` is below the project's folder. */
type DerivedFile = { readonly path: string; readonly content: string }

async function derive(): Promise<DerivedFile[]> {
  const print = (graph: GraphName): string => `${printSchema(lexicographicSortSchema(buildSchema(graph)))}\n`
  const schema = print('whole')
  return [
    { path: schemaFile, content: schema },
    { path: partnerFile, content: print('partner') },
    ...(await typedDocuments(schema)),
  ]
}

async function typedDocuments(schema: string): Promise<DerivedFile[]> {
  const files: { filename: string; content: string }[] = await generate(
    { ...config, schema, cwd: root },
    false,
  )
  // The preset also offers a tag function for documents inside code. Here they are files, so it would be dead weight.
  return files
    .filter(({ filename }) => basename(filename) === 'graphql.ts')
    .map(({ filename, content }) => ({
      path: relative(root, resolve(root, filename)),
      content: `${content.trimEnd()}\n`,
    }))
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
