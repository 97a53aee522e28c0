import type { App } from './app.ts'

/** Renders the text that is printed once the gateway is ready: its addresses, a subscription and a query to try. */
export function renderBanner(app: App, building: string): string {
  const access = app.isDemo
    ? 'open to this machine without an API key (demo)'
    : 'with an API key: npm run latchkey -- keys create --name me --scopes read,events'
  const authorizationFlag = app.isDemo ? '' : `-H 'authorization: Bearer YOUR_KEY' `
  return `
  Latchkey is ready.

  Building   ${building}
  Dashboard  ${app.url}/
  GraphiQL   ${app.url}/graphql
  Schema     ${app.url}/schema.graphql
  Webhook    ${app.webhook}
  Access     ${access}

  Try        curl -N ${app.url}/graphql -H 'accept: text/event-stream' -H 'content-type: application/json' \\
               ${authorizationFlag}-d '{"query":"subscription { changes { changes { __typename kind occurredAt } } }"}'
  Ask        curl -s ${app.url}/graphql -H 'content-type: application/json' \\
               ${authorizationFlag}-d '{"query":"{ acsSystems { nodes { name users { totalCount } } } }"}'

`
}
