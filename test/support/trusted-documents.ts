import { readFile } from 'node:fs/promises'
import { preset } from '@graphql-codegen/client-preset'
import { codegen } from '@graphql-codegen/core'
import { buildASTSchema, parse } from 'graphql'

const schemaFile = new URL('../../schema/schema.graphql', import.meta.url)

/** Returns the file with trusted documents that GraphQL Code Generator writes in the build of a frontend with these operations. */
export async function generateTrustedDocuments(
  operations: string,
  presetConfig: Parameters<typeof preset.buildGeneratesSection>[0]['presetConfig'],
): Promise<string> {
  const schema = parse(await readFile(schemaFile, 'utf8'))
  const outputs = await preset.buildGeneratesSection({
    baseOutputDir: 'generated/',
    presetConfig,
    schema,
    schemaAst: buildASTSchema(schema),
    documents: [{ location: 'operations.graphql', document: parse(operations), rawSDL: operations }],
    config: {},
    plugins: [],
    pluginMap: {},
  })
  // All at once, because the list of documents waits for the file with the typed documents.
  const contents = await Promise.all(
    outputs.map(async (output) => [output.filename, await codegen(output)] as const),
  )
  const manifest = contents.find(([filename]) => filename.endsWith('/persisted-documents.json'))
  if (manifest === undefined) throw new Error('The preset did not list the documents.')
  return manifest[1]
}
