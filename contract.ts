import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildSchema as readSchema } from 'graphql'
import { compareGraphs, findUndatedDeprecations } from './schema/contract.ts'
import { buildSchema } from './schema/schema.ts'
import type { GraphName } from './src/auth/viewer.ts'

/**
 * Holds both graphs to what was promised: `--check` exits with 1 and what is wrong when one breaks documents that it took when it was
 * released. Without it, the graphs there are now become the released ones, and what is different goes into the change log.
 */
const folder = join(import.meta.dirname, 'schema')
const changeLog = join(import.meta.dirname, 'docs/schema-changes.md')
const today = new Date().toISOString().slice(0, 10)

const graphs: readonly { name: GraphName; file: string; released: string; title: string }[] = [
  { name: 'whole', file: 'schema.graphql', released: 'released.graphql', title: '' },
  {
    name: 'partner',
    file: 'partner.graphql',
    released: 'partner-released.graphql',
    title: "In the partners' graph",
  },
]

const compared = await Promise.all(
  graphs.map(async (graph) => {
    const released = readSchema(await readFile(join(folder, graph.released), 'utf8'))
    return { ...graph, changes: compareGraphs(released, buildSchema(graph.name), today) }
  }),
)
const broken = new Set(compared.flatMap(({ changes }) => changes.broken))
const problems = [
  ...[...broken].map(
    (what) => `${what} Keep it, deprecated with "… Gone after YYYY-MM-DD.", until that day.`,
  ),
  ...findUndatedDeprecations(buildSchema()).map(
    (what) => `${what} is deprecated without a day: end its reason with "Gone after YYYY-MM-DD."`,
  ),
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
  const parts = compared.map(({ title, changes }) => ({
    title,
    told: [...changes.announced, ...changes.others],
  }))
  const count = parts.reduce((sum, { told }) => sum + told.length, 0)
  if (count === 0) return console.log('Nothing is different from the released graphs.')
  const [head = '', ...sections] = (await readFile(changeLog, 'utf8')).split(/^(?=## )/m)
  const lists = parts
    .filter(({ told }) => told.length > 0)
    .map(({ title, told }) => `${title && `${title}:\n\n`}${told.map((what) => `- ${what}`).join('\n')}\n\n`)
  await writeFile(changeLog, [head, `## ${today}\n\n`, ...lists, ...sections].join(''))
  for (const { file, released } of compared)
    await writeFile(join(folder, released), await readFile(join(folder, file), 'utf8'))
  console.log(`Released, with ${count} changes told in docs/schema-changes.md.`)
}
