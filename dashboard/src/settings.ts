/** What the gateway tells the page in its HTML (`DashboardSettings` in `src/http/dashboard/page.ts`). */
export type Settings = {
  readonly isDemo: boolean
  readonly login: {
    readonly issuer: string
    readonly audience: string
    readonly clientId: string
    readonly scope: string
  } | null
}

const element = document.getElementById('settings')
export const settings: Settings = {
  isDemo: true,
  login: null,
  ...(JSON.parse(element?.textContent ?? '{}') as Partial<Settings>),
}

/** Path below which the gateway is reachable, such as `/latchkey`, or an empty string. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/$/, '')

/** URL of the GraphQL endpoint. */
export const graphqlUrl = new URL('graphql', document.baseURI).href
