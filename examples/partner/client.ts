import { setTimeout as delay } from 'node:timers/promises'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { WatchDocument, type WatchSubscription } from './generated/graphql.ts'

const url = process.env.LATCHKEY_URL ?? 'http://127.0.0.1:4000'

type Answer<Data> = { readonly data?: Data | null; readonly errors?: readonly { readonly message: string }[] }

async function post(body: object, headers: Record<string, string>): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${process.env.LATCHKEY_KEY}`,
      ...headers,
    },
    body: JSON.stringify(body),
  })
}

/** Sends a query or a mutation. The types of the variables and of the answer come from the document. */
export async function request<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await post({ query: print(document), variables }, {})
  return readData((await response.json()) as Answer<Data>)
}

/** Receives all changes after a cursor. Resumes with `Last-Event-ID` when the connection is lost. */
export async function* watchChanges(after: string): AsyncGenerator<WatchSubscription['changes']> {
  let lastEventId = after
  for (;;) {
    try {
      const response = await post(
        { query: print(WatchDocument) },
        { accept: 'text/event-stream', 'last-event-id': lastEventId },
      )
      if ([400, 401, 403].includes(response.status)) throw new RequestError(await response.text())
      for await (const event of readEvents(response)) {
        yield readData(JSON.parse(event.data) as Answer<WatchSubscription>).changes
        // Only now: a batch that was not processed is delivered again.
        lastEventId = event.id
      }
    } catch (error) {
      if (error instanceof RequestError) throw error
      console.error(`The connection was lost: ${error}`)
    }
    await delay(1_000)
  }
}

/** The gateway refused the request: to send it again would not help. */
class RequestError extends Error {}

function readData<Data>({ data, errors }: Answer<Data>): Data {
  if (data == null || errors !== undefined) throw new RequestError(JSON.stringify(errors))
  return data
}

/** The events of a stream that contain a batch. Other events and comments are skipped. */
async function* readEvents({ body }: Response): AsyncGenerator<{ id: string; data: string }> {
  let text = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2)
      const data = field('data')
      if (field('event') === 'next' && data !== undefined) yield { id: field('id') ?? '', data }
    }
  }
}
