/** The query that every variant executes: a page of ACS users with their credentials, and the entrances of each credential. */
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

/** Data of the response, in the form that Latchkey and the servers of this benchmark return. */
export type Answer = {
  readonly acsUsers: Nodes<Named & { credentials: Nodes<Named & { entrances: Nodes<Named> }> }>
}

/** Converts the response data to display names in an order that does not depend on the variant. */
export function toComparableText({ acsUsers }: Answer): string {
  const users = acsUsers.nodes.map(({ displayName, credentials }) => {
    const credentialTexts = credentials.nodes.map((credential) => {
      const entranceNames = credential.entrances.nodes.map((entrance) => entrance.displayName).sort()
      return `${credential.displayName}: ${entranceNames.join(', ')}`
    })
    return `${displayName} has ${credentialTexts.sort().join('; ')}`
  })
  return users.sort().join('\n')
}

/** Parses a response and returns its data. Throws if the response contains GraphQL errors. */
export function readAnswer(text: string): Answer {
  const { data, errors } = JSON.parse(text) as { data: Answer; errors?: unknown }
  if (errors !== undefined) throw new Error(JSON.stringify(errors).slice(0, 1_000))
  return data
}
