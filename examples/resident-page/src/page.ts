import type { Client } from 'graphql-ws'
import { createResumableClient } from '../../../clients/resumable.ts'

type Status = 'ACTIVE' | 'EXPIRED' | 'FAILED' | 'PENDING' | 'SCHEDULED'
type Named = { readonly id: string; readonly displayName: string }
type Credential = Named & {
  readonly accessMethod: string
  readonly status: Status
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly entrances: { readonly nodes: readonly Named[] } | null
}
type Resident = Named & {
  readonly isSuspended: boolean
  readonly acsSystem: { readonly name: string; readonly timeZone: string | null }
  readonly credentials: { readonly nodes: readonly Credential[] } | null
}
type Home = {
  readonly cursor: string
  readonly viewer: { readonly reach: { readonly resident: Resident | null } }
}
type Batch = { readonly cursor: string; readonly gap: object | null; readonly changes: readonly object[] }

const homeQuery = `query ResidentPage {
  cursor
  viewer { reach { resident {
    id displayName isSuspended
    acsSystem { name timeZone }
    credentials(first: 100) { nodes {
      id displayName accessMethod status startsAt endsAt
      entrances(first: 100) { nodes { id displayName } }
    } }
  } } }
}`
const watchQuery = `subscription WatchResidentPage($after: Cursor) {
  changes(after: $after) { cursor gap { reason } changes { id } }
}`

const texts = {
  methods: { CODE: 'PIN', MOBILE_KEY: 'Phone', CARD: 'Key card' } as Readonly<Record<string, string>>,
  statuses: {
    ACTIVE: 'Works now',
    EXPIRED: 'Expired',
    FAILED: 'Does not work',
    PENDING: 'Being prepared',
    SCHEDULED: 'Not yet valid',
  } satisfies Record<Status, string>,
  suspended: 'Your access is suspended. Ask your building’s management.',
  noResident: 'This API key does not belong to one resident. Ask your building’s management for yours.',
  wrongKey: 'This API key is not valid. Check it, or ask your building’s management for a new one.',
  unreachable: 'The building cannot be reached at the moment. Try again.',
  live: 'Live',
  connecting: 'Connecting …',
}

/** The API key stays in this tab. It is never in the address, in a cookie, or in `localStorage`. */
const storageName = 'latchkey.api-key'
const longestTimerMs = 2 ** 31 - 1
class WrongApiKey extends Error {}

function find<Name extends keyof HTMLElementTagNameMap>(id: string, name: Name): HTMLElementTagNameMap[Name] {
  const element = document.querySelector<HTMLElementTagNameMap[Name]>(`${name}#${id}`)
  if (element === null) throw new Error(`The page has no ${name} "${id}".`)
  return element
}
const signInForm = find('sign-in', 'form')
const home = find('home', 'div')
const apiKeyField = find('api-key', 'input')

/** Ends the session that is shown. */
let endSession = (): void => {}

signInForm.addEventListener('submit', (event) => {
  event.preventDefault()
  void signIn(apiKeyField.value.trim())
})
find('sign-out', 'button').addEventListener('click', () => signOut(''))

const storedKey = sessionStorage.getItem(storageName)
if (storedKey === null) signInForm.hidden = false
else void signIn(storedKey)

async function signIn(apiKey: string): Promise<void> {
  try {
    const snapshot = await load(apiKey, null)
    if (snapshot.viewer.reach.resident === null) return signOut(texts.noResident)
    sessionStorage.setItem(storageName, apiKey)
    apiKeyField.value = ''
    setProblem('')
    signInForm.hidden = true
    home.hidden = false
    endSession = watch(apiKey, snapshot)
  } catch (error) {
    if (error instanceof WrongApiKey) return signOut(texts.wrongKey)
    signInForm.hidden = false
    apiKeyField.value = apiKey
    setProblem(texts.unreachable)
  }
}

function signOut(problem: string): void {
  endSession()
  sessionStorage.removeItem(storageName)
  home.hidden = true
  signInForm.hidden = false
  setProblem(problem)
  apiKeyField.focus()
}

function setProblem(problem: string): void {
  find('sign-in-problem', 'p').textContent = problem
  apiKeyField.setAttribute('aria-invalid', String(problem !== ''))
}

/** Loads what the page shows. The answer is at least as new as `after`. */
async function load(apiKey: string, after: string | null): Promise<Home> {
  const response = await fetch('graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ query: homeQuery, ...(after !== null && { extensions: { after } }) }),
  })
  if (response.status === 401) throw new WrongApiKey()
  const { data, errors } = (await response.json()) as { data?: Home | null; errors?: readonly object[] }
  if (data == null) throw new Error(JSON.stringify(errors))
  return data
}

/** Shows the snapshot, and loads it again after each change. Returns a function that stops this. */
function watch(apiKey: string, snapshot: Home): () => void {
  let hasEnded = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let newest = 0
  let position = snapshot.cursor
  show(snapshot)

  async function reload(): Promise<void> {
    const request = ++newest
    clearTimeout(timer)
    try {
      const next = await load(apiKey, position)
      // Of several answers, only that to the newest request counts.
      if (!hasEnded && request === newest) show(next)
    } catch (error) {
      if (hasEnded || request !== newest) return
      if (error instanceof WrongApiKey) signOut(texts.wrongKey)
      else timer = setTimeout(() => reload(), 5_000)
    }
  }

  function show({ viewer: { reach } }: Home): void {
    if (reach.resident === null) {
      signOut(texts.noResident)
      return
    }
    render(reach.resident)
    // No change is sent when a key begins or ends at its planned time.
    const waitMs = msUntilNextStatus(reach.resident)
    if (waitMs !== null) timer = setTimeout(() => reload(), waitMs)
  }

  const client = connect(apiKey)
  client.subscribe<{ changes: Batch }>(
    { query: watchQuery, variables: { after: snapshot.cursor } },
    {
      next({ data }) {
        // A phone that wakes up may keep a dead socket. The gateway sends a batch at least every 15 seconds.
        clearTimeout(silence)
        silence = setTimeout(() => client.terminate(), 40_000)
        find('connection', 'p').textContent = texts.live
        if (data == null) return
        const { cursor, gap, changes } = data.changes
        position = cursor
        if (gap !== null || changes.length > 0) void reload()
      },
      error: () => signOut(texts.wrongKey),
      complete: () => {},
    },
  )
  return () => {
    hasEnded = true
    clearTimeout(timer)
    clearTimeout(silence)
    void client.dispose()
  }
}

function connect(apiKey: string): Client {
  const url = new URL('graphql', location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  return createResumableClient({
    url: url.href,
    connectionParams: { authorization: `Bearer ${apiKey}` },
    retryWait: (tries) => new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** tries, 10_000))),
    on: {
      connecting() {
        find('connection', 'p').textContent = texts.connecting
      },
    },
  })
}

function msUntilNextStatus({ credentials }: Resident): number | null {
  const times = (credentials?.nodes ?? [])
    .flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])
    .map((time) => (time === null ? Number.NaN : Date.parse(time) - Date.now()))
    .filter((ms) => ms > 0)
  return times.length === 0 ? null : Math.min(...times, longestTimerMs)
}

function render(resident: Resident): void {
  const { nodes = [] } = resident.credentials ?? {}
  const formatter = new Intl.DateTimeFormat(undefined, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
    ...(resident.acsSystem.timeZone !== null && { timeZone: resident.acsSystem.timeZone }),
  })
  find('name', 'h1').textContent = resident.displayName
  find('notice', 'p').textContent = resident.isSuspended ? texts.suspended : ''
  fill(
    'keys',
    nodes.map((credential) => renderCredential(credential, formatter)),
  )
  fill('entrances', resident.isSuspended ? [] : renderEntrances(nodes))
}

function renderCredential(credential: Credential, formatter: Intl.DateTimeFormat): HTMLElement {
  const { startsAt, endsAt, entrances } = credential
  const status = createElement('span', texts.statuses[credential.status], 'status')
  status.dataset.status = credential.status
  const isWaiting = credential.status === 'SCHEDULED' && startsAt !== null
  const times = [
    isWaiting ? `From ${formatter.format(new Date(startsAt))}` : '',
    endsAt === null ? 'No end' : `Until ${formatter.format(new Date(endsAt))}`,
  ]
  return createItem(
    createElement('strong', texts.methods[credential.accessMethod] ?? credential.displayName),
    status,
    createElement('span', entrances?.nodes.map(({ displayName }) => displayName).join(', ') ?? '', 'muted'),
    createElement('span', times.filter((text) => text !== '').join(' · '), 'muted'),
  )
}

/** The entrances that a key unlocks now, each with the ways to unlock it. */
function renderEntrances(credentials: readonly Credential[]): HTMLElement[] {
  const ways = new Map<string, { name: string; methods: Set<string> }>()
  for (const { status, accessMethod, entrances, displayName } of credentials) {
    if (status !== 'ACTIVE') continue
    for (const entrance of entrances?.nodes ?? []) {
      const way = ways.get(entrance.id) ?? { name: entrance.displayName, methods: new Set() }
      way.methods.add(texts.methods[accessMethod] ?? displayName)
      ways.set(entrance.id, way)
    }
  }
  return [...ways.values()]
    .sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }))
    .map(({ name, methods }) =>
      createItem(createElement('strong', name), createElement('span', [...methods].join(', '), 'muted')),
    )
}

function fill(listId: 'keys' | 'entrances', items: readonly HTMLElement[]): void {
  find(listId, 'ul').replaceChildren(...items)
  find(`no-${listId}`, 'p').hidden = items.length > 0
}

function createItem(...children: readonly HTMLElement[]): HTMLElement {
  const item = document.createElement('li')
  item.append(...children)
  return item
}

function createElement(name: 'span' | 'strong', text: string, className = ''): HTMLElement {
  const element = document.createElement(name)
  element.textContent = text
  element.className = className
  return element
}
