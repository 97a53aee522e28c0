import { UsageError } from './usage.ts'

/** A gateway that runs, asked as any client asks it. */
export type GatewayClient = {
  /** Rejects with a sentence for people. */
  ask<T>(query: string, variables: object): Promise<{ data: T; errors: readonly GraphError[] }>
}

export type GraphError = { readonly message: string; readonly path?: readonly (string | number)[] }

export function createGatewayClient(url: string, key: string | undefined): GatewayClient {
  if (!URL.canParse(url)) throw new UsageError(`"${url}" is no address, such as http://127.0.0.1:4000.`)
  return {
    async ask<T>(query: string, variables: object) {
      const response = await fetch(new URL('/graphql', url), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
        body: JSON.stringify({ query, variables }),
      }).catch(() => {
        throw new Error(`No gateway answers at ${url}. Start it, or say where it is: --url URL.`)
      })
      if (response.status === 401)
        throw new Error('The gateway wants a key with the scopes read and write: set LATCHKEY_KEY.')
      const { data, errors = [] } = (await response.json()) as { data?: T; errors?: readonly GraphError[] }
      if (data == null) throw new Error(errors[0]?.message ?? `The gateway answered HTTP ${response.status}.`)
      return { data, errors }
    },
  }
}
