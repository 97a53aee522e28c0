// Runs in the browser, with React, ReactDOM and GraphiQL as globals.

const { createElement } = globalThis.React
const { createRoot } = globalThis.ReactDOM
const { GraphiQL } = globalThis

const settings = JSON.parse(document.getElementById('settings').textContent)
const url = location.pathname

/** Yields the results of one operation: one for a query or mutation, several for a subscription. */
async function* executeOperation(params, { headers = {} } = {}) {
  const abort = new AbortController()
  const { type, name } = findOperation(params)
  try {
    const response = await fetch(url, {
      method: 'POST',
      signal: abort.signal,
      headers: {
        ...headers,
        'content-type': 'application/json',
        accept: type === 'subscription' ? 'text/event-stream' : 'application/json',
      },
      body: JSON.stringify({ ...params, operationName: name || undefined }),
    })
    const isStream = (response.headers.get('content-type') ?? '').startsWith('text/event-stream')
    if (isStream) yield* readResults(response.body)
    else yield await response.json()
  } finally {
    // GraphiQL has stopped the subscription: close the connection.
    abort.abort()
  }
}

/** Returns the operation to execute. Right after a tab change, GraphiQL may still pass an operation name of the previous tab. */
function findOperation({ query, operationName }) {
  const operations = [...query.matchAll(/^\s*(query|mutation|subscription)\b\s*(\w*)/gm)]
  const [, type, name] =
    operations.find(([, , candidate]) => candidate === operationName) ?? operations[0] ?? []
  return { type, name }
}

/** Yields the results of an event stream. Empty batches after the first result are skipped, as they would hide the last change. */
async function* readResults(body) {
  let isFirst = true
  for await (const { event, data } of readEvents(body)) {
    if (event === 'complete') return
    if (event !== 'next') continue
    const result = JSON.parse(data)
    if (isFirst || !isEmpty(result)) yield result
    isFirst = false
  }
}

function isEmpty({ data, errors }) {
  const [batch] = Object.values(data ?? {})
  return errors === undefined && Array.isArray(batch?.changes) && batch.changes.length === 0 && !batch.gap
}

async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    text += value
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = text
        .slice(0, end)
        .split('\n')
        .map((line) => /^(\w*): ?(.*)$/.exec(line) ?? [])
      text = text.slice(end + 2)
      yield Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]))
    }
  }
}

/** Loads ids for the variables of the examples. Returns an empty object if there is no ACS system, or if the request is rejected. */
async function findIds() {
  const query = `{
    acsSystems { nodes { id
      users(first: 1) { nodes { id } }
      entrances(first: 50) { nodes { id unlockWith { code mobileKey } } }
    } }
  }`
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query }),
  })
  const { data } = await response.json()
  const [system] = data?.acsSystems?.nodes ?? []
  if (system === undefined) return {}
  const entrances = system.entrances.nodes
  const findSupporting = (accessMethod) =>
    entrances
      .filter(({ unlockWith }) => unlockWith[accessMethod] === 'SUPPORTED')
      .slice(0, 2)
      .map(({ id }) => id)
  return {
    acsSystemId: system.id,
    acsUserId: system.users.nodes[0]?.id,
    acsEntranceId: entrances[0]?.id,
    mobileKeyAcsEntranceIds: findSupporting('mobileKey'),
    codeAcsEntranceIds: findSupporting('code').slice(0, 1),
  }
}

/** Replaces the `$placeholders` in the variables of an example by their values. */
function fillPlaceholders(variables, values) {
  if (variables === undefined) return undefined
  const filled = JSON.parse(variables, (_name, value) =>
    typeof value === 'string' && value.startsWith('$') ? (values[value.slice(1)] ?? '') : value,
  )
  return JSON.stringify(filled, null, 2)
}

const dayMs = 86_400_000
const stamp = Date.now().toString(36)
const inDays = (days) => `${new Date(Date.now() + days * dayMs).toISOString().slice(0, 10)}T15:00:00Z`
const ids = settings.headers === '' ? await findIds().catch(() => ({})) : {}
const values = {
  mobileKeyAcsEntranceIds: [],
  codeAcsEntranceIds: [],
  ...ids,
  tomorrow: inDays(1),
  nextYear: inDays(366),
  emailAddress: `jane.doe.${stamp}@example.com`,
  idempotencyKey: `jane-doe-${stamp}`,
}

createRoot(document.getElementById('root')).render(
  createElement(GraphiQL, {
    fetcher: executeOperation,
    defaultEditorToolsVisibility: 'variables',
    defaultHeaders: settings.headers,
    shouldPersistHeaders: false,
    defaultTabs: settings.examples.map(({ query, variables }) => ({
      query,
      variables: fillPlaceholders(variables, values),
      headers: settings.headers,
    })),
  }),
)
