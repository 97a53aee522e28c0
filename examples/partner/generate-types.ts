/** Downloads the schema that the API key may see, and writes typed documents to `generated/graphql.ts`, or to the folder in the first argument. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { buildASTSchema, parse } from 'graphql'

const url = process.env.LATCHKEY_URL ?? 'http://127.0.0.1:4000'
const response = await fetch(`${url}/schema.graphql`, {
  headers: { authorization: `Bearer ${process.env.LATCHKEY_KEY}` },
})
if (!response.ok) throw new Error(`${url}/schema.graphql answered with ${response.status}.`)

const schema = parse(await response.text())
const location = join(import.meta.dirname, 'documents.graphql')
const content = await codegen({
  filename: 'graphql.ts',
  schema,
  schemaAst: buildASTSchema(schema),
  documents: [{ location, document: parse(await readFile(location, 'utf8')) }],
  plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
  pluginMap: { typescriptOperations, typedDocumentNode },
  config: {
    scalars: { DateTime: 'string', Cursor: 'string', URL: 'string', _Any: 'object' },
    strictScalars: true,
    useTypeImports: true,
  },
})
const folder = process.argv[2] ?? join(import.meta.dirname, 'generated')
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'graphql.ts'), content)
