/**
 * Writes `seam-openapi.json`: what the tests need of the OpenAPI document in `@seamapi/types`, which is too large to be installed with every
 * copy of the project. The argument is the folder of the package, see CONTRIBUTING.md.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

type Schema = Readonly<Record<string, unknown>>
type Operation = { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }

/** The resources whose routes the sandbox has. */
const resources =
  /^\/(acs|client_sessions|connect_webviews|connected_accounts|events|phones|user_identities|webhooks|workspaces)\//

/** What `openapi-validation.ts` checks. Descriptions and the like are left out. */
const keywords = [
  ...['$ref', 'type', 'nullable', 'properties', 'required', 'additionalProperties', 'items', 'enum'],
  ...['oneOf', 'allOf', 'anyOf', 'format', 'minLength', 'minimum'],
]

function extractSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(extractSchema)
  if (typeof schema !== 'object' || schema === null) return schema
  const kept = Object.entries(schema).filter(([keyword]) => keywords.includes(keyword))
  return Object.fromEntries(
    kept.map(([keyword, value]) => [
      keyword,
      keyword === 'properties' ? mapValues(value, extractSchema) : extractSchema(value),
    ]),
  )
}

const mapValues = <In, Out>(object: Readonly<Record<string, In>>, map: (value: In) => Out) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))

const extractOperation = ({ responses }: Operation) =>
  extractSchema(responses['200']?.content?.['application/json']?.schema ?? {})

/** One line per route and per schema, so that a difference between two versions can be read. */
const printLines = (entries: Readonly<Record<string, unknown>>): string =>
  Object.entries(entries)
    .map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(',\n')

const folder = resolve(process.argv[2] ?? '')
const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
const { openapi } = (await import(pathToFileURL(join(folder, 'connect.js')).href)) as {
  openapi: {
    paths: Record<string, Record<string, Operation>>
    components: { schemas: Record<string, Schema> }
  }
}
const paths = Object.entries(openapi.paths).filter(([path]) => resources.test(path))
const answers = mapValues(Object.fromEntries(paths), (operations) => mapValues(operations, extractOperation))
const schemas = mapValues(openapi.components.schemas, extractSchema)
await writeFile(
  new URL('seam-openapi.json', import.meta.url),
  `{
  "source": "@seamapi/types ${version}",
  "answers": {\n${printLines(answers)}\n  },
  "schemas": {\n${printLines(schemas)}\n  }
}
`,
)
