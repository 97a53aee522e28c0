import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openApiKeyStore } from '../../../src/auth/api-keys/open-api-key-store.ts'
import type { TrustRequirement } from '../../../src/config/environment-schema.ts'
import { audience, type Issuer, issuerName, startIssuer } from '../../support/token-issuer.ts'
import { generateTrustedDocuments } from '../../support/trusted-documents.ts'
import { startWorld, type World } from '../../support/world.ts'
import { openSocket } from '../http-fixture.ts'

const documents = {
  people: 'query People($first: Int!) { acsUsers(first: $first) { nodes { fullName } } }',
  position: 'query Position { cursor }',
  watch: 'subscription Watch { changes { cursor changes { kind } } }',
  out: 'mutation Out($id: ID!) { revokeCredential(input: { acsCredentialId: $id }) { userErrors { code } } }',
}

let folder: string
let file: string
let issuer: Issuer
/** Ids by document text, as assigned by the code generator. */
let ids: Record<string, string>

/** The file that the build of a frontend writes. */
async function build(name: string, texts: readonly string[]): Promise<string> {
  const path = join(folder, `${name}.json`)
  const options = { persistedDocuments: { hashAlgorithm: 'sha256' } }
  await writeFile(path, await generateTrustedDocuments(texts.join('\n'), options))
  return path
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-trusted-'))
  issuer = await startIssuer()
  file = await build('app', Object.values(documents))
  const manifest: Record<string, string> = JSON.parse(await readFile(file, 'utf8'))
  const find = (word: string) => Object.entries(manifest).find(([, text]) => text.includes(word))?.[0] ?? ''
  ids = { people: find('People'), position: find('Position'), watch: find('Watch'), out: find('Out') }
})
afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

type Stage = AsyncDisposable & { world: World; key: string; token: string }

async function startStage(requiredFor: TrustRequirement, files = [file]): Promise<Stage> {
  const world = await startWorld({
    sandbox: { residents: 3, doors: 2 },
    config: {
      auth: { jwksUrl: issuer.url, issuer: issuerName, audience },
      trustedDocuments: { files, requiredFor },
    },
  })
  const keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  const { key } = await keys.create({ name: 'key', scopes: ['read', 'events', 'write'] })
  await keys.close()
  const token = await issuer.sign({ scope: 'read events write' }, { expiresIn: 3600 })
  return { world, key, token, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

const codeOf = ({ body }: { body: { errors?: readonly { extensions?: object }[] } }) =>
  (body.errors?.[0]?.extensions as { code?: string } | undefined)?.code

describe('a trusted document', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage('tokens')
  })
  afterAll(() => stage[Symbol.asyncDispose]())
  const post = (body: object, credential = stage.token) =>
    stage.world.post(body, { authorization: `Bearer ${credential}` })
  const variables = { first: 2 }

  it.each([
    ['documentId', (id: string) => ({ documentId: id })],
    ['documentId with the name of its hash', (id: string) => ({ documentId: `sha256:${id}` })],
    [
      'extensions, as clients of persisted queries do',
      (id: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: id } } }),
    ],
  ])('should be executed if it is requested by %s', async (_how, by) => {
    const { status, body } = await post({ ...by(ids.people ?? ''), variables })
    expect(status).toBe(200)
    expect(body.errors).toBeUndefined()
    expect((body.data as { acsUsers: { nodes: object[] } }).acsUsers.nodes).toHaveLength(2)
  })

  it('should be executed if its text is sent, with or without its id', async () => {
    const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>
    const query = manifest[ids.people ?? '']
    for (const body of [{ query }, { query, documentId: ids.people }])
      expect((await post({ ...body, variables })).body.errors).toBeUndefined()
  })

  it('should be executed by GET with a cursor that it must be at least as new as', async () => {
    const { cursor } = await stage.world.ask<{ cursor: string }>('{ cursor }', {}, stage.key)
    const search = new URLSearchParams({
      documentId: ids.people ?? '',
      variables: JSON.stringify(variables),
    })
    const response = await fetch(`${stage.world.url}/graphql?${search}`, {
      headers: { authorization: `Bearer ${stage.key}`, 'latchkey-after': cursor },
    })
    expect(await response.json()).toMatchObject({ data: { acsUsers: { nodes: [{}, {}] } } })
  })

  it('should not execute a mutation by GET', async () => {
    const search = new URLSearchParams({ documentId: ids.out ?? '', variables: '{"id":"x"}' })
    const response = await fetch(`${stage.world.url}/graphql?${search}`, {
      headers: { authorization: `Bearer ${stage.key}` },
    })
    expect(response.status).toBe(405)
  })

  it('should be a subscription over an event stream and over a socket', async () => {
    const stream = await fetch(`${stage.world.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stage.token}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ documentId: ids.watch }),
    })
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    await stream.body?.cancel()
    const client = createClient({
      url: stage.world.wsUrl,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${stage.token}` },
      retryAttempts: 0,
    })
    const ask = async (payload: object) => {
      const answers = client.iterate(payload as never)
      const answer = await answers.next()
      await answers.return?.()
      return answer
    }
    const first = await ask({ query: '', documentId: ids.watch })
    expect(first.value).toMatchObject({ data: { changes: { changes: [] } } })
    await expect(ask({ query: '{ cursor }' })).rejects.toMatchObject([
      { extensions: { code: 'DOCUMENT_NOT_TRUSTED' } },
    ])
    await expect(
      ask({ query: '', extensions: { persistedQuery: { sha256Hash: 'none' } } }),
    ).rejects.toMatchObject([
      { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
    ])
    await client.dispose()
  })

  it('should be requested by its id alone over a socket, without a query', async () => {
    const { send, receive, initialise, socket } = await openSocket({
      port: Number(new URL(stage.world.url).port),
    })
    await initialise(`Bearer ${stage.token}`)
    for (const payload of [
      { documentId: ids.watch },
      { documentId: ids.watch, query: null },
      { extensions: { persistedQuery: { sha256Hash: ids.watch } } },
    ]) {
      send({ id: '1', type: 'subscribe', payload })
      expect(await receive()).toMatchObject({ id: '1', payload: { data: { changes: { changes: [] } } } })
      send({ id: '1', type: 'complete' })
    }
    socket.close()
  })

  it('should be required with a token, and not with an API key', async () => {
    const query = '{ cursor }'
    const refused = await post({ query })
    expect(refused.status).toBe(403)
    expect(codeOf(refused)).toBe('DOCUMENT_NOT_TRUSTED')
    expect(refused.body.errors?.[0]?.message).toContain('or use an API key')
    expect((await post({ query }, stage.key)).body.errors).toBeUndefined()
    expect((await stage.world.post({ query })).body.errors).toBeUndefined()
    const partner = await issuer.sign({ scope: 'read', latchkey_graph: 'partner' }, { expiresIn: 600 })
    expect((await post({ query }, partner)).body.errors).toBeUndefined()
  })

  it.each([
    ['by its text', async () => ({ query: JSON.parse(await readFile(file, 'utf8'))[ids.position ?? ''] })],
    ['by its id', async () => ({ documentId: ids.position ?? '' })],
  ])(
    'should be executed if it is sent %s, regardless of other parameters of the request',
    async (_how, by) => {
      const other = new URLSearchParams({ query: '{ acsSystems { totalCount } }' })
      const { hostname, port } = new URL(stage.world.url)
      const request = httpRequest({
        hostname,
        port,
        path: `/graphql?${new URLSearchParams(await by())}`,
        headers: {
          authorization: `Bearer ${stage.token}`,
          accept: 'application/json',
          host: `x/graphql?${other}&x=`,
        },
      })
      const [response] = (await once(request.end(), 'response')) as [IncomingMessage]
      const { data } = (await json(response)) as { data: object }
      expect(Object.keys(data)).toEqual(['cursor'])
    },
  )

  it('should be required before any other document is parsed', async () => {
    expect(codeOf(await post({ query: '{'.repeat(100_000) }))).toBe('DOCUMENT_NOT_TRUSTED')
  })

  it('should not be registered by a request', async () => {
    const query = '{ acsSystems { totalCount } }'
    const sha256Hash = '0'.repeat(64)
    const by = { extensions: { persistedQuery: { version: 1, sha256Hash } } }
    expect(codeOf(await post(by))).toBe('PERSISTED_QUERY_NOT_FOUND')
    expect((await post({ query, ...by }, stage.key)).body.errors).toBeUndefined()
    expect(codeOf(await post(by, stage.key))).toBe('PERSISTED_QUERY_NOT_FOUND')
    expect(codeOf(await post({ query, ...by }))).toBe('DOCUMENT_NOT_TRUSTED')
  })

  it('should be refused if its id does not match its text, or if either is invalid', async () => {
    const answer = await post({ query: '{ cursor }', documentId: ids.people }, stage.key)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_REQUEST'])
    for (const body of [{}, { documentId: '' }, { documentId: 7 }, { query: null }])
      expect(codeOf(await post(body, stage.key))).toBe('BAD_REQUEST')
  })

  it('should be subject to the same limits and rules as any other document', async () => {
    expect(codeOf(await post({ documentId: ids.people, variables: { first: 1_000 } }))).toBe('BAD_USER_INPUT')
    const mute = await issuer.sign({ scope: 'write' }, { expiresIn: 600 })
    expect(codeOf(await post({ documentId: ids.people, variables }, mute))).toBe('FORBIDDEN')
  })

  it('should be required with a metric for each refused document', async () => {
    const text = await (await fetch(`${stage.world.url}/metrics`)).text()
    expect(text).toMatch(/latchkey_refused_total\{code="DOCUMENT_NOT_TRUSTED"\} [1-9]/)
  })
})

describe('trusted documents', () => {
  it('should be required for no request, or for every request', async () => {
    await using open = await startStage('nobody')
    await using shut = await startStage('everybody')
    const query = '{ cursor }'
    expect(await open.world.ask(query, {}, open.token)).toHaveProperty('cursor')
    for (const credential of [shut.key, shut.token])
      await expect(shut.world.ask(query, {}, credential)).rejects.toThrow('DOCUMENT_NOT_TRUSTED')
    await expect(shut.world.ask(query)).rejects.toThrow('DOCUMENT_NOT_TRUSTED')
    const { body: refused } = await shut.world.post({ query })
    expect(refused.errors?.[0]?.message).not.toContain('API key')
    const { body } = await shut.world.post({ documentId: ids.people, variables: { first: 1 } })
    expect(body.errors).toBeUndefined()
  })

  it('should be loaded from all files, also those with removed fields', async () => {
    const old = join(folder, 'old.json')
    await writeFile(old, JSON.stringify({ v1: '{ cursor }', gone: '{ whatWasThere }' }))
    await using stage = await startStage('tokens', [file, old])
    const post = (body: object) => stage.world.post(body, { authorization: `Bearer ${stage.token}` })
    expect((await post({ documentId: 'v1' })).body.data).toHaveProperty('cursor')
    expect((await post({ documentId: ids.people, variables: { first: 1 } })).body.errors).toBeUndefined()
    expect(codeOf(await post({ documentId: 'gone' }))).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  it('should still be required if the files contain none', async () => {
    const none = join(folder, 'none.json')
    await writeFile(none, '{}')
    await using stage = await startStage('everybody', [none])
    await expect(stage.world.ask('{ cursor }', {}, stage.key)).rejects.toThrow('DOCUMENT_NOT_TRUSTED')
  })

  it.each([
    ['[]', 'not an object of documents'],
    ['{"a":1}', 'not an object of documents'],
    ['null', 'not an object of documents'],
    ['{', 'not JSON'],
    [null, "can't be read (ENOENT)"],
  ])('should fail the start if a file is %s', async (text, problem) => {
    const odd = join(folder, 'odd.json')
    await rm(odd, { force: true })
    if (text !== null) await writeFile(odd, text)
    await expect(startStage('tokens', [file, odd])).rejects.toThrow(problem)
  })

  it('should fail the start if two files have different documents with one id', async () => {
    const other = join(folder, 'other.json')
    await writeFile(other, JSON.stringify({ [ids.people ?? '']: '{ cursor }' }))
    await expect(startStage('tokens', [file, other])).rejects.toThrow('another document under the id')
  })
})
