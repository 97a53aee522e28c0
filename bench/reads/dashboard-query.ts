/** What every variant is asked: a page of residents with their keys, and what each opens. */
export const dashboardQuery = /* GraphQL */ `
  query Dashboard {
    acsUsers(first: 100) {
      nodes {
        displayName
        credentials(first: 10) {
          nodes {
            displayName
            entrances(first: 10) {
              nodes {
                displayName
              }
            }
          }
        }
      }
    }
  }
`

type Named = { readonly displayName: string | null }
type Nodes<T> = { readonly nodes: readonly T[] }

/** The answer as Latchkey, and the servers written for this benchmark, give it. */
export type Answer = {
  readonly acsUsers: Nodes<Named & { credentials: Nodes<Named & { entrances: Nodes<Named> }> }>
}

/** An answer as plain names, in an order that doesn't depend on who gave it. */
export function toComparableText({ acsUsers }: Answer): string {
  const users = acsUsers.nodes.map(({ displayName, credentials }) => {
    const keys = credentials.nodes.map((key) => {
      const doors = key.entrances.nodes.map((door) => door.displayName).sort()
      return `${key.displayName}: ${doors.join(', ')}`
    })
    return `${displayName} has ${keys.sort().join('; ')}`
  })
  return users.sort().join('\n')
}

/** Reads an answer. Throws what went wrong, if anything did. */
export function readAnswer(text: string): Answer {
  const { data, errors } = JSON.parse(text) as { data: Answer; errors?: unknown }
  if (errors !== undefined) throw new Error(JSON.stringify(errors).slice(0, 1_000))
  return data
}
