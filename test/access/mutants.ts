/**
 * Breaks the rules of who may see and do what, one at a time, in a copy of the project, and says which of them no test misses.
 * Run on demand: `npm run mutants` (all), `npm run mutants -- view-of` (files whose path holds that). Ends with 1 where one lived.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where it is decided who may see and do what, who may open what, who is the same person, and which request counts. */
const policies = [
  'src/auth/access-scope.ts',
  'src/auth/viewer.ts',
  'src/auth/tokens/claims.ts',
  'src/auth/tokens/token-verifier.ts',
  'src/catalog/scoped-view.ts',
  'src/catalog/catalog.ts',
  'src/commands/definitions/id-resolution.ts',
  'src/commands/definitions/connections.ts',
  'src/commands/definitions/user-identity-resolution.ts',
  'src/commands/scheduling/move-out-requests.ts',
  'src/commands/scheduling/move-out-store.ts',
  'src/commands/steps/schedule-move-out-step.ts',
  'src/commands/steps/cancel-move-out-steps.ts',
  'src/commands/steps/move-out-steps.ts',
  'src/model/access-decision.ts',
  'src/model/access-issues.ts',
  'src/model/rules/identity-match.ts',
  'src/model/change-filter.ts',
  'src/journal/sqlite/sqlite-search.ts',
  'src/feed/visibility-filter.ts',
  'src/http/streaming/feed-subscription.ts',
  'src/http/graphql/trusted-documents.ts',
  'src/webhook-delivery/webhook-endpoints.ts',
  'src/webhook-delivery/ssrf-guard.ts',
  'schema/builder.ts',
  'schema/types/node-queries.ts',
  'schema/types/webhook-endpoint.ts',
  'schema/mutations/webhook-endpoint-mutations.ts',
  'schema/changes/changes-query.ts',
  'schema/changes/change-types.ts',
  'schema/types/connected-account.ts',
  'schema/types/acs-credential.ts',
  'schema/types/scheduled-move-out.ts',
]

/** The tests that must notice. */
const suites = [
  'test/access',
  'test/auth/tokens/token-verifier.test.ts',
  'test/e2e/access-scope.test.ts',
  'test/commands/definitions/access-scope.test.ts',
]
/** The same for what has tests of its own. */
const ownSuites: Readonly<Record<string, readonly string[]>> = {
  'src/commands/definitions/user-identity-resolution.ts': [
    'test/commands/definitions/user-identity-resolution.test.ts',
    'test/commands/definitions/access-scope.test.ts',
  ],
  'src/commands/scheduling/move-out-requests.ts': ['test/commands/scheduling/move-out.test.ts'],
  'src/commands/scheduling/move-out-store.ts': ['test/commands/scheduling/move-out.test.ts'],
  'src/commands/steps/schedule-move-out-step.ts': ['test/commands/scheduling/move-out.test.ts'],
  'src/commands/steps/cancel-move-out-steps.ts': ['test/commands/scheduling/move-out.test.ts'],
  'src/commands/steps/move-out-steps.ts': [
    'test/commands/scheduling/move-out.test.ts',
    'test/commands/definitions/acs-user-lifecycle.test.ts',
  ],
  'src/model/access-decision.ts': ['test/model/access-decision.test.ts', 'test/model/access-issues.test.ts'],
  'src/model/access-issues.ts': ['test/model/access-decision.test.ts', 'test/model/access-issues.test.ts'],
  'src/model/change-filter.ts': [
    'test/model/change-filter.test.ts',
    'test/schema/changes/subscriptions.test.ts',
  ],
  'src/journal/sqlite/sqlite-search.ts': ['test/journal/sqlite/sqlite-journal.test.ts'],
  'src/model/rules/identity-match.ts': ['test/model/rules/identity-match.test.ts'],
  'schema/types/scheduled-move-out.ts': ['test/commands/scheduling/move-out.test.ts'],
  'src/http/graphql/trusted-documents.ts': ['test/http/graphql/trusted-documents.test.ts'],
  'src/webhook-delivery/webhook-endpoints.ts': ['test/webhooks'],
  'src/webhook-delivery/ssrf-guard.ts': ['test/webhooks'],
  'schema/types/webhook-endpoint.ts': ['test/webhooks', 'test/access/access-matrix.test.ts'],
  'schema/mutations/webhook-endpoint-mutations.ts': ['test/webhooks', 'test/access/access-matrix.test.ts'],
  'schema/types/node-queries.ts': ['test/schema/partner-graph.test.ts', 'test/access'],
  'src/auth/viewer.ts': ['test/schema/partner-graph.test.ts', ...suites],
  'src/feed/visibility-filter.ts': ['test/schema/partner-graph.test.ts', 'test/webhooks', 'test/access'],
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
  { name: 'a filter taken out', find: /, filter(Users|Credentials|Entrances)\)/g, put: ', (rows) => rows)' },
  { name: 'a condition met', find: /\((is\w+)\) => \(\1 \? (\S+) : null\)/g, put: '($1) => ($2)' },
  { name: 'a scope not asked for', find: /authScopes: \{ scope: '\w+' \}/g, put: 'authScopes: {}' },
  { name: 'a scope taken for granted', find: /\bviewer\.scopes\.has\([^)]+\)/g, put: 'true' },
  {
    name: 'nothing thrown',
    find: /\bthrow (?=new InvalidClaim|new TokenExpired|createForbiddenError|createRefusal|createNotFoundRefusal|createDocumentNotFoundError)/g,
    put: 'void ',
  },
  {
    name: 'sight without a part',
    find: /\$\{(?:\[\.\.\.viewer|systems|graph|viewer\.accessScope)[^}]*\}/g,
    put: '',
  },
]

/** Lines that say who may see something; others of these files do other things. */
const isPolicy: Readonly<Record<string, RegExp>> = {
  'src/catalog/catalog.ts': /[sS]cope|acsUserId|owned/,
  'src/commands/definitions/id-resolution.ts': /\.accessScope\.|row === null|throw/,
  'src/commands/definitions/connections.ts': /\.accessScope\b/,
  'src/feed/visibility-filter.ts': /return|graph/,
  'src/http/graphql/trusted-documents.ts': /documentId|trusted|isTrustRequired|texts|requiredFor|isDemo/,
  'src/webhook-delivery/webhook-endpoints.ts': /owner|isOwner|canManage|scopes|keyId|isDemo|isPermitted\(/i,
  'src/webhook-delivery/ssrf-guard.ts': /isPublic|isInternal|protocol|internalHostNames/,
  'schema/types/node-queries.ts': /getType/,
  'schema/types/webhook-endpoint.ts': /scope|isOwner/,
  'schema/mutations/webhook-endpoint-mutations.ts': /scope/,
  'src/http/streaming/feed-subscription.ts': /neededScopes|serializeAccessScope/,
  'src/auth/tokens/token-verifier.ts': /acceptedTypes|Expired|maxTokenLength|<= now/,
  'schema/builder.ts': /scope/i,
  'schema/changes/changes-query.ts': /scope/i,
  'schema/changes/change-types.ts': /scopes/,
  'schema/types/connected-account.ts': /scopes/,
  'schema/types/acs-credential.ts': /scopes|canSee/,
}

const listed = 'the list is that of the systems within reach already'
const below = 'what hangs on something within reach is within reach: one person, one system'
const inVain = 'a list of a system out of reach is loaded in vain; its rows are filtered all the same'

/** Breaks that change nothing anybody could see, by the line that they leave, each with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'scheduled !== null || systems.has(scheduled.acsSystemId) ? [{ ...scheduled, requestedAt: askedAt }] : [],':
    'users of a system out of reach are asked for in vain; the rows are filtered by user all the same',
  '(id) => canAccessSystem(accessScope, id) && (ids !== null || ids.has(id)),': inVain,
  '(id) => canAccessSystem(accessScope, id) || (ids === null || ids.has(id)),': inVain,
  '? andThen(listVisible(reads.users, id), (rows) => rows)': listed,
  '? andThen(listVisible(reads.entrances, id), (rows) => rows)': listed,
  '? andThen(listVisible(reads.credentials, id), (rows) => rows)': listed,
  'user === null ? [] : andThen(reads.credentialsOfUser(user), (rows) => rows),': below,
  'credentialsOfUser: (row) => andThen(reads.credentialsOfUser(row), (rows) => rows),': below,
  'entrancesOfCredential: (row) => andThen(reads.entrancesOfCredential(row), (rows) => rows),': below,
  'entrancesOfUser: (row) => andThen(reads.entrancesOfUser(row), (rows) => rows),': below,
  "const graph = viewer.graph !== 'whole' ? '' : `|${viewer.graph}`":
    'the two still differ; only cursors of before are bound to another sight',
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
