import type { MutationProgress } from '../../../schema/context.ts'
import { UsageError } from '../terminal.ts'
import { escapeUnprintable } from './printable-text.ts'

/** A GraphQL client of a running gateway. */
export type GatewayClient = {
  /** Runs an operation without a time limit, and reports its progress to `onProgress`. Rejects with a message for the operator. */
  execute<T>(
    query: string,
    variables: object,
    onProgress?: (progress: MutationProgress) => void,
  ): Promise<{ data: T; errors: readonly GraphError[] }>
}

export type GraphError = { readonly message: string; readonly path?: readonly (string | number)[] }

type GraphResponse<T> = { readonly data?: T; readonly errors?: readonly GraphError[] }

export function createGatewayClient(url: string, key: string | undefined): GatewayClient {
  if (!URL.canParse(url))
    throw new UsageError(`--url "${url}" is not a URL. Use one such as http://127.0.0.1:4000.`)
  return {
    async execute<T>(query: string, variables: object, onProgress?: (progress: MutationProgress) => void) {
      const response = await fetch(new URL('/graphql', url), {
        method: 'POST',
        headers: {
          // With an event stream the gateway sends heartbeats, so a long mutation does not time out.
          accept: 'text/event-stream, application/json',
          'content-type': 'application/json',
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
        body: JSON.stringify({ query, variables }),
      }).catch(() => {
        throw new Error(`No gateway answers at ${url}. Start it, or set its URL with --url URL.`)
      })
      if (response.status === 401)
        throw new Error('The gateway requires an API key with the scopes read and write: set LATCHKEY_KEY.')
      const { data, errors = [] } = await readResponse<T>(response, onProgress)
      if (data == null)
        throw new Error(
          escapeUnprintable(
            errors[0]?.message ??
              `The gateway answered HTTP ${response.status} without data. See its log for the reason.`,
          ),
        )
      return { data, errors }
    },
  }
}

async function readResponse<T>(
  response: Response,
  onProgress?: (progress: MutationProgress) => void,
): Promise<GraphResponse<T>> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return (await response.json()) as GraphResponse<T>
  try {
    for await (const event of readEvents(response)) {
      const [, progress] = /^: progress (.*)$/m.exec(event) ?? []
      if (progress !== undefined) onProgress?.(JSON.parse(progress))
      const [, data] = /^data: (.*)$/m.exec(event) ?? []
      if (data !== undefined) return JSON.parse(data) as GraphResponse<T>
    }
  } catch (error) {
    throw new Error(gatewayGoneMessage, { cause: error })
  }
  throw new Error(gatewayGoneMessage)
}

const gatewayGoneMessage =
  'The connection to the gateway ended before its answer. Run the command again: completed lines are not repeated.'

async function* readEvents({ body }: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    yield* events
  }
}
