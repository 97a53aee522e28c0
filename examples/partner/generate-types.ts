/** Downloads the schema that the API key may see, and writes typed documents to `generated/graphql.ts`, or to the folder in the first argument. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CodegenConfig, generate } from '@graphql-codegen/cli'

const url = process.env.LATCHKEY_URL ?? 'http://127.0.0.1:4000'
const response = await fetch(`${url}/schema.graphql`, {
  headers: { authorization: `Bearer ${process.env.LATCHKEY_KEY}` },
})
if (!response.ok) throw new Error(`${url}/schema.graphql answered with ${response.status}.`)

const config = {
  scalars: { DateTime: 'string', Cursor: 'string', URL: 'string', _Any: 'object' },
  strictScalars: true,
  useTypeImports: true,
  enumsAsTypes: true,
}
const options: CodegenConfig & { cwd: string } = {
  cwd: import.meta.dirname,
  schema: await response.text(),
  documents: 'documents.graphql',
  importExtension: '.ts',
  silent: true,
  generates: {
    'generated/': { preset: 'client', presetConfig: { fragmentMasking: false }, config },
  },
}
const files: { filename: string; content: string }[] = await generate(options, false)
// The preset also offers a tag function for documents inside code. Here they are in a file.
const { content = '' } = files.find(({ filename }) => filename.endsWith('/graphql.ts')) ?? {}
const folder = process.argv[2] ?? join(import.meta.dirname, 'generated')
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'graphql.ts'), content)
