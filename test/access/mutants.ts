/**
 * Breaks the rules of who may see and do what, one at a time, in a copy of the project, and says which of them no test misses.
 * Run on demand: `npm run mutants` (all), `npm run mutants -- view-of` (files whose path holds that). Ends with 1 where one lived.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where it is decided who may see and do what. */
const policies = [
  'src/auth/reach.ts',
  'src/auth/viewer.ts',
  'src/auth/claims.ts',
  'src/auth/tokens.ts',
  'src/catalog/view-of.ts',
  'src/catalog/catalog.ts',
  'src/commands/named.ts',
  'src/commands/kinds/connections.ts',
  'src/feed/select.ts',
  'src/feed/change-log.ts',
  'src/http/operation.ts',
  'src/http/trusted.ts',
  'src/webhooks/webhooks.ts',
  'src/webhooks/address.ts',
  'schema/builder.ts',
  'schema/nodes.ts',
  'schema/webhook-endpoint.ts',
  'schema/webhook-mutations.ts',
  'schema/changes.ts',
  'schema/change.ts',
  'schema/connection.ts',
  'schema/acs-credential.ts',
]

/** The tests that must notice. */
const suites = [
  'test/access',
  'test/auth/tokens.test.ts',
  'test/e2e/access.test.ts',
  'test/commands/reach.test.ts',
]
/** The same for what has tests of its own. */
const ownSuites: Readonly<Record<string, readonly string[]>> = {
  'src/http/trusted.ts': ['test/http/trusted.test.ts'],
  'src/webhooks/webhooks.ts': ['test/webhooks'],
  'src/webhooks/address.ts': ['test/webhooks'],
  'schema/webhook-endpoint.ts': ['test/webhooks', 'test/access/matrix.test.ts'],
  'schema/webhook-mutations.ts': ['test/webhooks', 'test/access/matrix.test.ts'],
  'schema/nodes.ts': ['test/http/partner.test.ts', 'test/access'],
  'src/auth/viewer.ts': ['test/http/partner.test.ts', ...suites],
  'src/feed/select.ts': ['test/http/partner.test.ts', 'test/webhooks', 'test/access'],
}

type Operator = { readonly name: string; readonly find: RegExp; readonly put: string }

/** What is done to one line, wherever it fits. */
const operators: readonly Operator[] = [
  { name: 'equal to unequal', find: / === /g, put: ' !== ' },
  { name: 'unequal to equal', find: / !== /g, put: ' === ' },
  { name: 'and to or', find: / && /g, put: ' || ' },
  { name: 'or to and', find: / \|\| /g, put: ' && ' },
  { name: 'a set without its members', find: /\b([\w.]+)\.has\(/g, put: '!$1.has(' },
  { name: 'some to every', find: /\.some\(/g, put: '.every(' },
  { name: 'every to some', find: /\.every\(/g, put: '.some(' },
  { name: 'a filter taken out', find: /, only(Users|Credentials|Entrances)\)/g, put: ', (rows) => rows)' },
  { name: 'a condition met', find: /\((is\w+|sees|told)\) => \(\1 \? (\S+) : null\)/g, put: '($1) => ($2)' },
  { name: 'a scope not asked for', find: /authScopes: \{ scope: '\w+' \}/g, put: 'authScopes: {}' },
  { name: 'a scope taken for granted', find: /\bviewer\.scopes\.has\([^)]+\)/g, put: 'true' },
  {
    name: 'nothing thrown',
    find: /\bthrow (?=new BadClaim|new CredentialExpired|forbidden|refused|notFound)/g,
    put: 'void ',
  },
  {
    name: 'sight without a part',
    find: /\$\{(?:\[\.\.\.viewer|systems|graph|viewer\.reach)[^}]*\}/g,
    put: '',
  },
]

/** Lines that say who may see something; others of these files do other things. */
const isPolicy: Readonly<Record<string, RegExp>> = {
  'src/catalog/catalog.ts': /reach|residentId|sees|owned/,
  'src/commands/named.ts': /\.reach\.|row === null|throw/,
  'src/commands/kinds/connections.ts': /\.reach\b/,
  'src/feed/select.ts': /told|isOthers|graph/,
  'src/feed/change-log.ts': /told/,
  'src/http/trusted.ts': /documentId|trusted|isDemanded|texts|demandedOf|isDemo/,
  'src/webhooks/webhooks.ts': /owner|isOwner|mayTend|scopes|keyId|isDemo|may\(/i,
  'src/webhooks/address.ts': /isPublic|isInternal|protocol|names/,
  'schema/nodes.ts': /getType/,
  'schema/webhook-endpoint.ts': /scope|isOwner/,
  'schema/webhook-mutations.ts': /scope/,
  'src/http/operation.ts': /neededScopes|sightOf/,
  'src/auth/tokens.ts': /types|Expired|lengthAtMost|<= now/,
  'schema/builder.ts': /scope/i,
  'schema/changes.ts': /scope/i,
  'schema/change.ts': /scopes/,
  'schema/connection.ts': /scopes/,
  'schema/acs-credential.ts': /scopes|maySee/,
}

const listed = 'the list is that of the systems within reach already'
const below = 'what hangs on something within reach is within reach: one person, one system'
const inVain = 'a list of a system out of reach is loaded in vain; its rows are filtered all the same'

/** Breaks that change nothing anybody could see, by the line that they leave, each with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'const visible = wanted.filter((id) => reachesSystem(reach, id) && (ids !== null || ids.has(id)))': inVain,
  'const visible = wanted.filter((id) => reachesSystem(reach, id) || (ids === null || ids.has(id)))': inVain,
  '? andThen(listed(reads.users, id), (rows) => rows)': listed,
  '? andThen(listed(reads.entrances, id), (rows) => rows)': listed,
  '? andThen(listed(reads.credentials, id), (rows) => rows)': listed,
  'user === null || !isOf(id, user) ? [] : andThen(reads.credentialsOfUser(user), (rows) => rows),': below,
  'credentialsOfUser: (row) => andThen(reads.credentialsOfUser(row), (rows) => rows),': below,
  'entrancesOfCredential: (row) => andThen(reads.entrancesOfCredential(row), (rows) => rows),': below,
  'entrancesOfUser: (row) => andThen(reads.entrancesOfUser(row), (rows) => rows),': below,
  "const graph = viewer.graph !== 'whole' ? '' : `|${viewer.graph}`":
    'the two still differ; only cursors of before are bound to another sight',
  'usersOfIdentity: (row) => andThen(reads.usersOfIdentity(row), (rows) => rows),':
    'an identity carries only the people within reach',
}

type Mutant = {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly before: string
  readonly after: string
}

async function mutantsOf(file: string): Promise<readonly Mutant[]> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  const chosen = isPolicy[file] ?? /./
  return lines.flatMap((before, index) => {
    if (/^\s*(\*|\/\*|\/\/|import )/.test(before) || !chosen.test(before)) return []
    return operators.flatMap(({ name, find, put }) =>
      [...before.matchAll(find)].map((match) => {
        const rest = before.slice(match.index).replace(new RegExp(find.source), put)
        const after = `${before.slice(0, match.index)}${rest}`
        return { file, line: index, name, before, after }
      }),
    )
  })
}

/** A copy of the project to break things in. */
async function copyProject(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'latchkey-mutants-'))
  for (const part of ['src', 'schema', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    await cp(part, join(root, part), { recursive: true })
  await symlink(resolve('node_modules'), join(root, 'node_modules'))
  return root
}

/** Whether suites pass there. */
async function passes(root: string, chosen: readonly string[]): Promise<boolean> {
  const args = ['vitest', 'run', '--bail', '1', '--reporter', 'dot', '--no-coverage', ...chosen]
  const [command = '', ...rest] = [join(root, 'node_modules/.bin', args[0] ?? ''), ...args.slice(1)]
  const run = spawn(command, rest, { cwd: root, stdio: 'ignore' })
  const [code] = await once(run, 'exit')
  return code === 0
}

async function lives(root: string, { file, line, after }: Mutant): Promise<boolean> {
  const whole = await readFile(join(root, file), 'utf8')
  const lines = whole.split('\n')
  lines[line] = after
  await writeFile(join(root, file), lines.join('\n'))
  try {
    return await passes(root, ownSuites[file] ?? suites)
  } finally {
    await writeFile(join(root, file), whole)
  }
}

const wanted = process.argv.slice(2)
const files = policies.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
const mutants = (await Promise.all(files.map(mutantsOf))).flat()
const root = await copyProject()
const survivors: Mutant[] = []
try {
  const all = new Set(files.flatMap((file) => ownSuites[file] ?? suites))
  if (!(await passes(root, [...all]))) throw new Error('The suites fail before anything is broken.')
  for (const [index, mutant] of mutants.entries()) {
    const reason = harmless[mutant.after.trim()]
    const outcome =
      reason !== undefined ? `harmless: ${reason}` : (await lives(root, mutant)) ? 'LIVES' : 'noticed'
    if (outcome === 'LIVES') survivors.push(mutant)
    process.stdout.write(
      `${index + 1}/${mutants.length} ${outcome}: ${mutant.file}:${mutant.line + 1} ${mutant.name}\n`,
    )
  }
} finally {
  await rm(root, { recursive: true, force: true })
}
for (const { file, line, before, after } of survivors)
  process.stdout.write(`\n${file}:${line + 1}\n- ${before.trim()}\n+ ${after.trim()}\n`)
process.stdout.write(`\n${mutants.length} breaks, ${survivors.length} of them unnoticed.\n`)
process.exitCode = survivors.length === 0 ? 0 : 1
