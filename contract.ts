import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildSchema as readSchema } from 'graphql'
import { compareContracts, vagueDeprecations } from './schema/contract.ts'
import { buildSchema } from './schema/schema.ts'

/**
 * Holds the graph to what partners were promised: `--check` exits with 1 and what is wrong when it breaks documents that the released
 * graph takes. Without it, the graph there is now becomes the released one, and what is different goes into the change log.
 */
const releasedFile = join(import.meta.dirname, 'schema/released.graphql')
const schemaFile = join(import.meta.dirname, 'schema/schema.graphql')
const changeLog = join(import.meta.dirname, 'docs/schema-changes.md')
const today = new Date().toISOString().slice(0, 10)

const released = readSchema(await readFile(releasedFile, 'utf8'))
const current = buildSchema()
const changes = compareContracts(released, current, today)
const vague = vagueDeprecations(current)

const problems = [
  ...changes.broken.map(
    (what) => `${what} Keep it, deprecated with "… Gone after YYYY-MM-DD.", until that day.`,
  ),
  ...vague.map((what) => `${what} is deprecated without a day: end its reason with "Gone after YYYY-MM-DD."`),
]
if (problems.length > 0) {
  console.error(`The graph breaks its contract:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
  process.exitCode = 1
} else if (process.argv.includes('--check')) {
  console.log('The graph keeps its contract.')
} else {
  await release()
}

async function release(): Promise<void> {
  const told = [...changes.due, ...changes.others]
  if (told.length === 0) return console.log('Nothing is different from the released graph.')
  const [title = '', ...sections] = (await readFile(changeLog, 'utf8')).split(/^(?=## )/m)
  const section = `## ${today}\n\n${told.map((what) => `- ${what}`).join('\n')}\n\n`
  await writeFile(changeLog, [title, section, ...sections].join(''))
  await writeFile(releasedFile, await readFile(schemaFile, 'utf8'))
  console.log(`Released, with ${told.length} changes told in docs/schema-changes.md.`)
}
