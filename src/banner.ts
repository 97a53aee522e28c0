import type { App } from './app.ts'

/** What a person sees once the gateway is ready: where to look, and one query to try. */
export function banner(app: App, building: string): string {
  const access = app.isDemo
    ? 'open to this machine without a key (demo)'
    : 'only with a key: npm run latchkey -- keys create --name me --scopes read,events'
  return `
  Latchkey is ready.

  Building   ${building}
  Dashboard  ${app.url}/
  GraphiQL   ${app.url}/graphql
  Schema     ${app.url}/schema.graphql
  Webhook    ${app.webhook}
  Access     ${access}

  Try        curl -s ${app.url}/graphql -H 'content-type: application/json' \\
               ${app.isDemo ? '' : `-H 'authorization: Bearer YOUR_KEY' `}-d '{"query":"{ acsSystems { nodes { name users { totalCount } } } }"}'

`
}
