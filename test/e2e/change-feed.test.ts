import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callSandbox, listSandboxCredentials } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

type Feed = {
  credentialChanges: {
    cursor: string
    gap: { reason: string; missed: number | null } | null
    changes: {
      id: string
      kind: string
      origin: string
      credentialId: string
      credential: { id: string } | null
    }[]
  }
}

const watch = /* GraphQL */ `
  subscription Watch($after: Cursor) {
    credentialChanges(after: $after) {
      cursor
      gap { reason missed }
      changes { id kind origin credentialId credential { id displayName status } }
    }
  }
`

describe('the change feed', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const firstCredentialIds = async (count: number) =>
    (await listSandboxCredentials(world)).slice(0, count).map((row) => row.acs_credential_id)
  const revoke = (id: string | undefined) =>
    callSandbox(world, 'acs/credentials/delete', { acs_credential_id: id })
  const kindsOf = (batch: Feed) => batch.credentialChanges.changes.map((change) => change.kind)

  it('should deliver a revoked credential to WebSocket subscribers', async () => {
    const [id] = await firstCredentialIds(1)
    const feed = subscribe<Feed>(world.wsUrl, watch)
    expect(kindsOf(await feed.next())).toEqual([])
    await revoke(id)
    const batch = await feed.until((each) => kindsOf(each).includes('DELETED'))
    expect(batch.credentialChanges.changes).toMatchObject([
      { kind: 'DELETED', origin: 'WEBHOOK', credential: null },
    ])
    await feed.close()
  })

  it('should deliver a change only after queries return the new state', async () => {
    const [id] = await firstCredentialIds(1)
    const one = 'query One($id: ID!) { acsCredential(id: $id) { id } }'
    expect((await world.ask<{ acsCredential: object | null }>(one, { id })).acsCredential).not.toBeNull()
    const feed = subscribe<Feed>(world.wsUrl, watch)
    await feed.next()
    await revoke(id)
    await feed.until((each) => kindsOf(each).includes('DELETED'))
    expect((await world.ask<{ acsCredential: object | null }>(one, { id })).acsCredential).toBeNull()
    await feed.close()
  })

  it('should resume after a cursor without losing or repeating changes', async () => {
    const ids = await firstCredentialIds(6)
    const live = subscribe<Feed>(world.wsUrl, watch)
    const { cursor } = (await live.next()).credentialChanges
    for (const id of ids) await revoke(id)
    const received: string[] = []
    while (received.length < 6)
      received.push(...(await live.next()).credentialChanges.changes.map((change) => change.id))
    const cut = live.all.find((batch) => batch.credentialChanges.changes.length > 0)?.credentialChanges
    const before = cut?.changes.length ?? 0

    const resumed = subscribe<Feed>(world.wsUrl, watch, { after: cut?.cursor })
    const rest: string[] = []
    while (rest.length < 6 - before)
      rest.push(...(await resumed.next()).credentialChanges.changes.map((each) => each.id))
    expect(rest).toEqual(received.slice(before))

    const fromStart = subscribe<Feed>(world.wsUrl, watch, { after: cursor })
    const all: string[] = []
    while (all.length < 6)
      all.push(...(await fromStart.next()).credentialChanges.changes.map((each) => each.id))
    expect(all).toEqual(received)
    await Promise.all([live.close(), resumed.close(), fromStart.close()])
  })

  it('should continue a query if a client subscribes after its cursor', async () => {
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor acsUsers { totalCount } }')
    const [id] = await firstCredentialIds(1)
    await revoke(id)
    const feed = subscribe<Feed>(world.wsUrl, watch, { after: cursor })
    const batch = await feed.until((each) => kindsOf(each).includes('DELETED'))
    expect(batch.credentialChanges.changes).toHaveLength(1)
    await feed.close()
  })

  it('should keep cursors and changes through a restart', async () => {
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor }')
    const [id] = await firstCredentialIds(1)
    const live = subscribe<Feed>(world.wsUrl, watch)
    await live.next()
    await revoke(id)
    await live.until((each) => kindsOf(each).includes('DELETED'))
    await live.close()
    await world.restart()
    const feed = subscribe<Feed>(world.wsUrl, watch, { after: cursor })
    const batch = await feed.until((each) => kindsOf(each).length > 0)
    expect(batch.credentialChanges.gap).toBeNull()
    expect(kindsOf(batch)).toEqual(['DELETED'])
    await feed.close()
  })

  it('should report a gap for a cursor of another journal', async () => {
    await using other = await startWorld()
    const { cursor } = await other.ask<{ cursor: string }>('{ cursor }')
    const feed = subscribe<Feed>(world.wsUrl, watch, { after: cursor })
    expect((await feed.next()).credentialChanges.gap).toEqual({ reason: 'JOURNAL_REPLACED', missed: null })
    await feed.close()
  })

  it('should reject only the operation with a tampered cursor', async () => {
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor }')
    const last = cursor.at(-2) === 'A' ? 'B' : 'A'
    const feed = subscribe<Feed>(world.wsUrl, watch, {
      after: `${cursor.slice(0, -2)}${last}${cursor.at(-1)}`,
    })
    await expect(feed.next()).rejects.toMatchObject([{ extensions: { code: 'BAD_CURSOR' } }])
    await feed.close()
  })

  it('should answer as of the cursor that a client sends, or later, and reject one of another journal', async () => {
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor }')
    expect((await world.post({ query: '{ cursor }', extensions: { after: cursor } })).body.data).toEqual({
      cursor,
    })
    expect((await world.post({ query: '{ cursor }' }, { 'latchkey-after': cursor })).body.data).toEqual({
      cursor,
    })
    await using other = await startWorld()
    const foreign = await other.ask<{ cursor: string }>('{ cursor }')
    const { body } = await world.post({ query: '{ cursor }', extensions: { after: foreign.cursor } })
    expect(body.errors?.[0]?.extensions?.code).toBe('JOURNAL_REPLACED')
    const garbage = await world.post({ query: '{ cursor }' }, { 'latchkey-after': 'nonsense' })
    expect(garbage.body.errors?.[0]?.extensions?.code).toBe('BAD_CURSOR')
  })

  it('should serve many clients that resume at once without a call to Seam', async () => {
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor }')
    const ids = await firstCredentialIds(5)
    const live = subscribe<Feed>(world.wsUrl, watch, { after: cursor })
    for (const id of ids) await revoke(id)
    const received: string[] = []
    while (received.length < 5)
      received.push(...(await live.next()).credentialChanges.changes.map((change) => change.id))
    world.sandbox.resetCalls()
    const back = Array.from({ length: 200 }, () => subscribe<Feed>(world.wsUrl, watch, { after: cursor }))
    const got = await Promise.all(
      back.map(async (feed) => {
        const mine: string[] = []
        while (mine.length < 5)
          mine.push(...(await feed.next()).credentialChanges.changes.map((change) => change.id))
        return mine
      }),
    )
    for (const mine of got) expect(mine).toEqual(received)
    expect(world.sandbox.calls().total).toBe(0)
    await Promise.all([live, ...back].map((feed) => feed.close()))
  })

  it('should be described by metrics', async () => {
    const text = await (await fetch(`${world.url}/metrics`)).text()
    for (const name of [
      'latchkey_journal_head',
      'latchkey_resumes_total',
      'latchkey_seam_calls_total',
      'latchkey_gaps_total',
    ])
      expect(text).toContain(name)
  })

  it('should count executions and serialisations, which subscribers of the same operation share', async () => {
    const readCounts = async () => {
      const text = await (await fetch(`${world.url}/metrics`)).text()
      const names = ['feed_executions_total{batch="changes"}', 'feed_serializations_total{batch="changes"}']
      const read = (name: string) => Number(text.split(`\nlatchkey_${name} `)[1]?.split('\n')[0] ?? 0)
      return [...names, 'cursors_signed_total'].map(read)
    }
    const feeds = Array.from({ length: 5 }, () => subscribe<Feed>(world.wsUrl, watch))
    await Promise.all(feeds.map((feed) => feed.next()))
    const before = await readCounts()
    const [id] = await firstCredentialIds(1)
    await revoke(id)
    await Promise.all(feeds.map((feed) => feed.until((each) => kindsOf(each).includes('DELETED'))))
    const [executions, serializations, signatures] = (await readCounts()).map(
      (count, index) => count - (before[index] ?? 0),
    )
    expect([executions, serializations]).toEqual([1, 1])
    expect(signatures).toBeGreaterThan(0)
    await Promise.all(feeds.map((feed) => feed.close()))
  })

  it('should be delivered over an event stream, and resumed with Last-Event-ID', async () => {
    const [first, second] = await firstCredentialIds(2)
    const stream = await openStream(world, {})
    await stream.next()
    await revoke(first)
    const event = await stream.until((each) => kindsOf(each.data).includes('DELETED'))
    stream.close()
    await revoke(second)
    const resumed = await openStream(world, { 'last-event-id': event.id })
    const rest = await resumed.until((each) => kindsOf(each.data).includes('DELETED'))
    expect(rest.data.credentialChanges.changes).toHaveLength(1)
    expect(rest.data.credentialChanges.cursor).toBe(rest.id)
    resumed.close()
  })

  it('should have the same changes as the list of changes', async () => {
    const page = await world.ask<{ changes: { totalCount: number; nodes: { kind: string }[] } }>(
      '{ changes(first: 3, filter: { subjects: [CREDENTIAL], kinds: [DELETED] }) { totalCount nodes { kind cursor } } }',
    )
    expect(page.changes.totalCount).toBeGreaterThan(3)
    expect(page.changes.nodes).toHaveLength(3)
  })
})

type StreamEvent = { id: string; data: Feed }

async function openStream(world: World, headers: Record<string, string>) {
  const abort = new AbortController()
  const response = await fetch(`${world.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query: watch }),
    signal: abort.signal,
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const events = read(response)
  async function next(): Promise<StreamEvent> {
    const { value } = await events.next()
    if (value === undefined) throw new Error('the stream ended')
    return value
  }
  return {
    next,
    async until(fits: (event: StreamEvent) => boolean) {
      for (;;) {
        const event = await next()
        if (fits(event)) return event
      }
    },
    close: () => abort.abort(),
  }
}

async function* read(response: Response): AsyncGenerator<StreamEvent, undefined> {
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) {
      const fields = new Map(
        part.split('\n').map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1).trim()]),
      )
      if (fields.get('event') === 'next') {
        yield { id: fields.get('id') ?? '', data: JSON.parse(fields.get('data') ?? '{}').data }
      }
    }
  }
}
