import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import { assertCompositionSuccess, composeServices } from '@theguild/federation-composition'
import { type DefinitionNode, type ExecutionResult, isTypeDefinitionNode, Kind, parse } from 'graphql'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createResumableClient } from '../../clients/resumable.ts'
import { demoViewer } from '../../src/auth/authenticator.ts'
import { createChangeMessage } from '../../src/webhook-delivery/message.ts'
import { sampleChange } from '../journal/sample-changes.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { subscribe } from '../support/subscriber.ts'
import { generateTrustedDocuments } from '../support/trusted-documents.ts'
import { startWorld, type World } from '../support/world.ts'
import { readSamples, type Sample } from './read-samples.ts'

const run = promisify(execFile)
const project = new URL('../../', import.meta.url).pathname
const secret = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`
const samples = await readSamples()
const csvSample = samples.find(({ kind }) => kind === 'csv')?.text ?? ''

let world: World
let redis: RedisServer
let folder: string
beforeAll(async () => {
  // The sandbox of `npm start`, since the samples contain its ids.
  ;[world, redis, folder] = await Promise.all([
    startWorld(),
    startRedis(),
    mkdtemp(join(tmpdir(), 'latchkey-samples-')),
  ])
})
afterAll(async () => {
  await Promise.all([
    world[Symbol.asyncDispose](),
    redis[Symbol.asyncDispose](),
    rm(folder, { recursive: true }),
  ])
})

/** The test of each kind of sample. An unknown kind fails. */
const trials: Readonly<Record<string, (sample: Sample) => Promise<unknown>>> = {
  graphql: tryGraphQL,
  'json variables': async ({ text }) => JSON.parse(text),
  'json answer': tryAnswer,
  'json request': tryRequest,
  csv: tryImport,
  http: tryMessage,
  sh: ({ text }) => runInShell(text),
  ts: tryCode,
  mermaid: async ({ text }) => expect(text).toMatch(/^(flowchart|sequenceDiagram)/),
}

describe('every sample of the README and of docs/', () => {
  it('should be found', () => {
    expect(samples.length).toBeGreaterThan(25)
    expect(new Set(samples.map(({ kind }) => kind.split(' ')[0]))).toContain('csv')
  })

  it.each(samples.map((sample) => [`${sample.place} (${sample.kind})`, sample] as const))(
    'should work unchanged: %s',
    async (_place, sample) => {
      const trial = trials[sample.kind]
      if (trial === undefined)
        throw new Error(`No test knows how to try a sample of the kind "${sample.kind}".`)
      await trial(sample)
    },
  )
})

async function tryGraphQL(sample: Sample): Promise<void> {
  const { definitions } = parse(sample.text)
  if (definitions.every(isTypeDefinitionNode)) return compose(sample.text)
  const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const given = sample.next?.kind === 'json variables' ? JSON.parse(sample.next.text) : {}
  if (hasVariables(definitions))
    expect(sample.next?.kind, 'the variables follow the operation').toBe('json variables')
  const variables = await withRealValues(given)
  if (operation?.operation === 'subscription') return watch(sample.text, variables)
  const { body } = await world.post({ query: sample.text, variables })
  expect(body.errors).toBeUndefined()
  for (const result of Object.values(body.data ?? {}))
    expect((result as { userErrors?: unknown[] }).userErrors ?? []).toEqual([])
}

function hasVariables(definitions: readonly DefinitionNode[]): boolean {
  return definitions.some((one) => 'variableDefinitions' in one && (one.variableDefinitions?.length ?? 0) > 0)
}

/** Composes the graph with a subgraph of these types. */
async function compose(types: string): Promise<void> {
  const { _service } = await world.ask<{ _service: { sdl: string } }>('{ _service { sdl } }')
  const other = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
    type Query { lease: Lease } ${types}`
  const composed = composeServices([
    { name: 'latchkey', typeDefs: parse(_service.sdl), url: world.url },
    { name: 'other', typeDefs: parse(other), url: 'http://other.example' },
  ])
  assertCompositionSuccess(composed)
}

/** Replaces a shortened cursor (`MS5…`) with the current one, and the URL of the partner with a local one. */
async function withRealValues<Value>(value: Value): Promise<Value> {
  const { cursor } = await world.ask<{ cursor: string }>('{ cursor }')
  return JSON.parse(
    JSON.stringify(value)
      .replace(/"MS5[^"]*…"/g, JSON.stringify(cursor))
      .replace('https://partner.example', 'http://127.0.0.1:9'),
  )
}

async function watch(query: string, variables: Record<string, unknown>): Promise<void> {
  const subscriber = subscribe<Record<string, { cursor: string }>>(world.wsUrl, query, variables)
  const [batch] = Object.values(await subscriber.next())
  // The part after the version is random.
  expect(Buffer.from(batch?.cursor ?? '', 'base64url').toString()).toMatch(/^1\./)
  await subscriber.close()
}

/** Compares the extensions of the sample with those of a real response. */
async function tryAnswer({ text }: Sample): Promise<void> {
  const { body } = await world.post({ query: '{ acsUsers(first: 1) { nodes { fullName } } }' })
  expect(shapeOf(body.extensions)).toEqual(shapeOf(JSON.parse(text).extensions))
}

async function tryRequest({ text }: Sample): Promise<void> {
  const [credential] = (
    await world.ask<{ acsCredentials: { nodes: { id: string }[] } }>(
      '{ acsCredentials(first: 1) { nodes { id } } }',
    )
  ).acsCredentials.nodes
  const { body } = await world.post(
    await withRealValues(JSON.parse(text.replace('\\"…\\"', `\\"${credential?.id}\\"`))),
  )
  expect(body.errors).toBeUndefined()
}

/** Returns a value with each leaf replaced by its type. */
function shapeOf(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return typeof value
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([name, one]) => [name, shapeOf(one)]),
  )
}

async function tryImport({ text }: Sample): Promise<void> {
  await runInShell('npm run latchkey -- import residents.csv --system ACS_SYSTEM_ID --dry-run', text)
}

/** Compares the headers and fields of a webhook message with those of a real one. */
async function tryMessage({ text }: Sample): Promise<void> {
  const [head = '', body = ''] = text.split('\n\n')
  const change = { ...sampleChange('a'), offset: 1, recordedAt: '2026-11-23T21:28:59.421Z' }
  const source = { endpointId: 'e', position: { epoch: 'p', offset: 1 }, term: '', cursor: 'c' }
  const viewer = {
    ...demoViewer,
    scopes: new Set([...demoViewer.scopes].filter((scope) => scope !== 'audit')),
  }
  const real = JSON.parse(createChangeMessage(source, change, viewer).body)
  const shown = JSON.parse(body)
  expect(Object.keys(shown)).toEqual(Object.keys(real))
  expect(Object.keys(real.data)).toEqual(expect.arrayContaining(['id', 'cursor', 'subject', 'kind']))
  for (const name of Object.keys(shown.data)) expect(Object.keys(real.data)).toContain(name)
  expect(head).toMatch(/^webhook-id: msg_[\w-]{27}$/m)
  expect(head).toMatch(/^webhook-signature: v1,[\w+/]{43}=$/m)
}

/** Runs a script in a folder with the files that the samples name, with the gateway and the sandbox of this test. */
async function runInShell(script: string, csv = csvSample): Promise<void> {
  const home = await mkdtemp(join(folder, 'home-'))
  await mkdir(join(home, 'bin'))
  await cp(join(project, 'test/docs/npm'), join(home, 'bin/npm'))
  await writeFile(join(home, 'residents.csv'), csv)
  for (const part of ['examples', 'clients'])
    await cp(join(project, part), join(home, part), { recursive: true })
  await symlink(join(project, 'node_modules'), join(home, 'node_modules'))
  const ids = world.sandbox.ids()
  const text = script
    .replaceAll('seam_…', world.sandbox.apiKey)
    .replaceAll('seam_bundled_building', world.sandbox.apiKey)
    .replaceAll('http://127.0.0.1:4010', world.sandbox.url)
    .replaceAll('http://127.0.0.1:4000', world.url)
    .replaceAll('redis://redis:6379', redis.url)
    .replaceAll(/(?<=[ =])\/(var|backups)\//g, `${home}/`)
    .replaceAll('ACS_SYSTEM_ID', ids.acsSystemIds[0] ?? '')
    .replaceAll('ACS_USER_ID', ids.acsUserIds[0] ?? '')
    .replaceAll('lk_…', script.includes('lk_…') ? await createKey(script.includes('--graph partner')) : '')
    .replaceAll(/\bID\b/g, ids.acsSystemIds[0] ?? '')
  const env = {
    PATH: [join(home, 'bin'), process.env.PATH].join(delimiter),
    NODE: process.execPath,
    PROJECT: project.slice(0, -1),
    GATEWAY_URL: world.url,
    SEAM_ENDPOINT: world.sandbox.url,
    SEAM_API_KEY: world.sandbox.apiKey,
    LOG_LEVEL: 'silent',
    LATCHKEY_URL: world.url,
  }
  // Some samples require the data of an earlier gateway, or a backup of it.
  if (/backup|restore|mv /.test(text)) await run('sh', ['-ec', 'npm start'], { cwd: home, env })
  const backup = /restore (\S+)/.exec(text)?.[1]
  if (backup !== undefined)
    await run('sh', ['-ec', `npm run latchkey -- backup ${backup}`], { cwd: home, env })
  if (text.includes('curl -N')) return watchInShell(text, env)
  const running = runningCommands.find(([command]) => text.trimEnd().split('\n').at(-1)?.includes(command))
  if (running !== undefined) return runUntilPrinted(text, home, env, running[1])
  await run('sh', ['-ec', text], { cwd: home, env })
}

/** Commands that run until they are stopped, and what they print when they work. */
const runningCommands: readonly (readonly [string, RegExp])[] = [
  ['vite examples/resident-page', /http:\/\/localhost/],
  ['examples/watch.ts', /\n/],
  ['examples/partner/main.ts', /^watching$/m],
]

/** Runs a script until it has printed what is expected, and then stops all its processes. */
async function runUntilPrinted(
  text: string,
  cwd: string,
  env: Record<string, string | undefined>,
  expected: RegExp,
): Promise<void> {
  const shell = spawn('sh', ['-ec', text], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = once(shell, 'exit')
  let output = ''
  const isPrinted = new Promise<void>((resolve) => {
    for (const stream of [shell.stdout, shell.stderr])
      stream.on('data', (chunk) => {
        output += chunk
        if (expected.test(output)) resolve()
      })
  })
  await Promise.race([isPrinted, exit])
  if (shell.exitCode === null) process.kill(-(shell.pid ?? 0))
  await exit
  expect(output).toMatch(expected)
}

/** Runs `curl` until the stream has a first batch. */
async function watchInShell(text: string, env: Record<string, string | undefined>): Promise<void> {
  const curl = spawn('sh', ['-c', `exec ${text}`], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of curl.stdout) {
    output += chunk
    if (/^data: .*\n/m.test(output)) break
  }
  curl.kill()
  const batch = JSON.parse(/^data: (.*)$/m.exec(output)?.[1] ?? '{}')
  expect(batch).toEqual({ data: { changes: { changes: expect.any(Array) } } })
}

/** Runs a part of a frontend, with the variables that it uses. */
async function tryCode({ text }: Sample): Promise<void> {
  if (text.startsWith('generates:')) return generateDocuments(text)
  if (text.startsWith('scalars:')) return generateTypes(text)
  if (text.includes('standardwebhooks')) return verifyMessage(text)
  const failures: unknown[] = []
  const key = await createKey()
  const given = {
    createResumableClient: (options: Parameters<typeof createResumableClient>[0]) =>
      createResumableClient({ ...options, url: world.wsUrl, webSocketImpl: WebSocket }),
    url: world.wsUrl,
    key,
    freshToken: async () => key,
    WATCH: 'subscription { credentialChanges { cursor gap { reason } changes { kind } } }',
    refetchEverything: () => undefined,
    apply: () => undefined,
    report: (error: unknown) => failures.push(error),
  }
  const code = text.replaceAll(/^import .*$/gm, '')
  const client = new Function(...Object.keys(given), `${code}; return client`)(...Object.values(given))
  const subscription = client.iterate({ query: given.WATCH })
  const { value } = (await subscription.next()) as { value: ExecutionResult }
  expect(value.errors).toBeUndefined()
  await subscription.return()
  await client.dispose()
  expect(failures).toEqual([])
}

/** Creates an API key for the gateway of this test. */
async function createKey(isForPartner = false): Promise<string> {
  const graph = isForPartner ? ['--graph', 'partner'] : []
  const command = [
    'src/cli.ts',
    'keys',
    'create',
    '--name',
    randomUUID(),
    '--scopes',
    'read,events',
    ...graph,
  ]
  const env = { ...process.env, DATA_DIR: world.dataDir }
  return (await run(process.execPath, command, { cwd: project, env })).stdout.trim()
}

const evaluate = (properties: string) => new Function(`return { ${properties} }`)()

async function generateDocuments(text: string): Promise<void> {
  const targets: { preset: string; presetConfig: object }[] = Object.values(evaluate(text).generates)
  expect(targets.map(({ preset }) => preset)).toEqual(['client'])
  for (const { presetConfig } of targets) {
    const documents = JSON.parse(await generateTrustedDocuments('query Position { cursor }', presetConfig))
    expect(Object.values(documents)).toEqual([expect.stringContaining('query Position')])
  }
}

async function generateTypes(text: string): Promise<void> {
  const content = await codegen({
    filename: 'types.ts',
    schema: parse(await readFile(join(project, 'schema/schema.graphql'), 'utf8')),
    documents: [],
    plugins: [{ typescript: {} }],
    pluginMap: { typescript },
    config: { ...evaluate(text), strictScalars: true },
  })
  expect(content).toContain('type AcsUser = ')
}

function verifyMessage(text: string): void {
  const rawBody = '{"type":"credential.issued"}'
  const sentAt = new Date()
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', sentAt, rawBody),
  }
  const verify = new Function('Webhook', 'secret', 'rawBody', 'request', text.replaceAll(/^import .*$/gm, ''))
  expect(() => verify(Webhook, secret, rawBody, { headers })).not.toThrow()
  expect(() => verify(Webhook, secret, `${rawBody} `, { headers })).toThrow()
}
