import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { generate } from '@graphql-codegen/cli'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { buildSchema } from './schema/schema.ts'

/**
 * Writes what is derived from the graph's code: the schema as partners read it, and the typed documents of the tests.
 * With `--check` it writes nothing, and exits with 1 and the names of the files that are out of date.
 */
type DerivedFile = { readonly path: string; readonly content: string }

const root = import.meta.dirname
const schemaFile = join(root, 'schema/schema.graphql')
const documentsFolder = join(root, 'test/documents')
const generatedFolder = join(root, 'test/generated')

/** Both are texts: RFC 3339, an opaque position, an address. */
const scalars = { DateTime: 'string', Cursor: 'string', URL: 'string' }

async function typedDocuments(schema: string): Promise<DerivedFile[]> {
  const files: { filename: string; content: string }[] = await generate(
    {
      cwd: root,
      schema,
      documents: join(documentsFolder, '*.graphql'),
      importExtension: '.ts',
      silent: true,
      errorsOnly: true,
      generates: {
        [`${generatedFolder}/`]: {
          preset: 'client',
          presetConfig: { fragmentMasking: false, skipIndexFile: true },
          config: { strictScalars: true, useTypeImports: true, scalars },
        },
      },
    },
    false,
  )
  // The preset also offers a tag function for documents inside code. Here they are files, so it would be dead weight.
  return files
    .filter(({ filename }) => basename(filename) === 'graphql.ts')
    .map(({ content }) => ({ path: join(generatedFolder, 'graphql.ts'), content: `${content.trimEnd()}\n` }))
}

async function derive(): Promise<DerivedFile[]> {
  const schema = `${printSchema(lexicographicSortSchema(buildSchema()))}\n`
  return [{ path: schemaFile, content: schema }, ...(await typedDocuments(schema))]
}

async function isCurrent({ path, content }: DerivedFile): Promise<boolean> {
  const present = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return present === content
}

async function write(files: readonly DerivedFile[]): Promise<void> {
  for (const { path, content } of files) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
    console.log(`wrote ${relative(root, path)}`)
  }
}

async function check(files: readonly DerivedFile[]): Promise<void> {
  const outdated: string[] = []
  for (const file of files) if (!(await isCurrent(file))) outdated.push(relative(root, file.path))
  if (outdated.length === 0) return console.log('What is derived from the graph is up to date.')
  console.error(`Out of date: ${outdated.join(', ')}. Run "npm run codegen" and commit what it writes.`)
  process.exitCode = 1
}

const files = await derive()
await (process.argv.includes('--check') ? check(files) : write(files))
