import type {
  AccessMethod,
  ChangeKind,
  ChangeOrigin,
  CredentialStatus,
  SyncStatus,
} from './graph/generated/graphql.ts'
import type { SessionEnd } from './session/session.ts'

/** All texts of the page, in English. Another language is another object of this shape. */
export const texts = {
  appName: 'Latchkey',

  // ---- Navigation and frame
  navigation: {
    label: 'Main',
    overview: 'Overview',
    residents: 'Residents',
    entrances: 'Entrances',
    matrix: 'Access matrix',
    changes: 'Changes',
    audit: 'Audit',
    connect: 'Connect',
    settings: 'Settings',
    moveIn: 'Move in',
    moveOuts: 'Move-outs',
    skipToContent: 'Skip to content',
    searchLabel: 'Find a resident',
    searchHint: 'Find a resident (press /)',
    more: 'More',
    signOut: 'Sign out',
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    demo: 'Demo building',
    notFound: 'This page does not exist',
    notFoundDetail: 'The address may be mistyped, or the object was deleted.',
    toOverview: 'Go to the overview',
  },

  live: {
    connecting: 'Connecting …',
    live: 'Live',
    polling: 'Updated every 30 seconds',
    pollingDetail: 'Not live: your credential does not have the scope events.',
    reconnecting: (since: string) => `Reconnecting since ${since}`,
    caughtUp: (count: number) =>
      `Caught up: ${count === 0 ? 'no' : count} ${count === 1 ? 'change' : 'changes'}`,
    gap: (missed: number | null) =>
      missed === null
        ? 'Some changes were missed. Everything was loaded again.'
        : `${missed} ${missed === 1 ? 'change was' : 'changes were'} missed. Everything was loaded again.`,
    announcement: (text: string) => `New change: ${text}`,
  },

  states: {
    loading: 'Loading',
    retry: 'Try again',
    offline: 'The gateway cannot be reached',
    offlineDetail: 'Check your network. The page tries again by itself.',
    forbidden: 'You do not have permission',
    failed: 'This could not be loaded',
    screenFailed: 'This screen could not be shown',
    screenFailedDetail: 'Load the page again. If it fails again, another screen may still work.',
    reload: 'Load again',
  },

  signIn: {
    title: 'Sign in',
    lead: 'Residents, entrances and credentials of your Latch buildings.',
    apiKey: 'API key',
    apiKeyHint: 'The key stays in this tab and is forgotten when you close it.',
    submit: 'Sign in',
    openDemo: 'Open the demo building',
    withLogin: 'Sign in with your company account',
    returning: 'Signing in …',
    or: 'or with an API key',
    ends: {
      'signed-out': 'You are signed out.',
      revoked: 'Your API key was revoked. Sign in with another one to go on where you were.',
      expired: 'Your session has expired. Sign in again to go on where you were.',
      rejected: 'The gateway does not accept this credential. Check that it is complete and not revoked.',
    } satisfies Record<SessionEnd, string>,
    required: 'Enter your API key.',
    create: 'An administrator creates API keys under Settings, or with "npm run latchkey -- keys create".',
    loginFailed: (reason: string) => `The login did not succeed: ${reason}`,
    loginLost: 'The login was not started in this tab, or was finished before. Sign in again.',
  },

  // ---- Words of the graph
  accessMethods: {
    CARD: 'Key card',
    CODE: 'PIN',
    MOBILE_KEY: 'Mobile key',
    UNKNOWN: 'Other credential',
  } satisfies Record<AccessMethod, string>,
  credentialStatus: {
    ACTIVE: 'Active',
    EXPIRED: 'Expired',
    FAILED: 'Failed',
    PENDING: 'Waiting for Latch',
    SCHEDULED: 'Scheduled',
  } satisfies Record<CredentialStatus, string>,
  syncStatus: {
    FRESH: 'Up to date',
    STALE: 'Updating',
    LOADING: 'Loading',
    FAILED: 'Seam cannot be reached',
  } satisfies Record<SyncStatus, string>,
  origins: {
    BACKFILL: 'Seam’s list of events',
    MUTATION: 'this gateway',
    RECONCILIATION: 'comparison with Seam',
    WEBHOOK: 'Seam',
  } satisfies Record<ChangeOrigin, string>,
  changes: {
    credential: {
      CREATED: 'created',
      ISSUED: 'issued',
      REISSUED: 'issued again',
      UPDATED: 'changed',
      INVALIDATED: 'no longer usable',
      DELETED: 'revoked',
      CONNECTED: 'connected',
      DISCONNECTED: 'disconnected',
    } satisfies Record<ChangeKind, string>,
    object: {
      CREATED: 'added',
      ISSUED: 'issued',
      REISSUED: 'issued again',
      UPDATED: 'changed',
      INVALIDATED: 'no longer usable',
      DELETED: 'removed',
      CONNECTED: 'connected to Latch',
      DISCONNECTED: 'disconnected from Latch',
    } satisfies Record<ChangeKind, string>,
    user: 'Resident',
    credentialOf: (method: string, name: string) => `${method} of ${name}`,
    credentialNoun: 'Credential',
    entrance: 'Entrance',
    connection: 'Latch connection',
    fields: (names: readonly string[]) => names.join(', '),
    none: 'No changes yet',
    older: 'Show older changes',
    by: (actor: string) => `by ${actor}`,
    from: (origin: string) => `reported by ${origin}`,
  },

  table: {
    sortable: 'Sort by',
    rows: (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}`,
    loadingRows: (loaded: number, total: number | null) =>
      total === null ? 'Loading …' : `${loaded.toLocaleString('en')} of ${total.toLocaleString('en')} loaded`,
  },

  form: {
    cancel: 'Cancel',
    close: 'Close',
    optional: 'optional',
    sending: 'Sending …',
    waiting: 'Waiting for Latch …',
    done: 'Done',
    unexpected: 'The request was not completed. Send it again: nothing is done twice.',
    zone: (zone: string) => `Times are in ${zone}.`,
  },

  // ---- Overview
  overview: {
    noBuildings: 'No building is connected yet',
    connectFirst: 'Connect your Latch account',
    disconnected: 'Disconnected',
    residents: 'residents',
    activeCredentials: 'active credentials',
    entrances: 'entrances',
    scheduled: (count: number) => `${count} scheduled`,
    pending: (count: number) => `${count} waiting for Latch`,
    failed: (count: number) => `${count} failed`,
    expired: (count: number) => `${count} expired`,
    offlineEntrances: (count: number) => `${count} ${count === 1 ? 'entrance' : 'entrances'} offline`,
    comparedWithSeam: 'Read from Seam',
    problems: 'Problems',
    noProblems: 'No problems',
    outdated: 'Outdated',
    kinds: { building: 'Building', credential: 'Credential', entrance: 'Entrance' },
    moreProblems: (count: number) => `and ${count} more`,
    entranceOffline: (entrance: string, building: string) => `${entrance} (${building}) is offline`,
    entranceOfflineAdvice: 'Mobile keys still work. New PINs arrive when the lock is online again.',
    endingSoon: 'Ends within 7 days',
    nothingEnds: 'No access ends within 7 days',
    more: (count: number) => `and ${count} more`,
    showAll: 'Show all',
    activity: 'Activity',
    noActivity: 'Nothing has changed yet',
    chart: 'Changes over time',
    range: 'Range',
    ranges: { day: 'Last day', week: 'Last week' },
    chartSummary: (count: number, range: string) =>
      `${range}: ${count.toLocaleString('en')} ${count === 1 ? 'change' : 'changes'}.`,
    truncated: (count: number, since: string) => `Only the last ${count} changes were read, since ${since}.`,
  },

  // ---- Residents
  residents: {
    noun: 'residents',
    name: 'Name',
    building: 'Building',
    ends: 'Access ends',
    noEnd: 'No end',
    empty: 'No resident matches',
  },

  // ---- Entrances and matrix
  entrances: {
    noun: 'entrances',
    name: 'Name',
    nameInLatch: 'Name in Latch',
    typeInLatch: 'Type in Latch',
    building: 'Building',
    methods: 'Unlocked by',
    unknownMethods: 'Not reported',
    state: 'State',
    online: 'Online',
    offline: 'Offline',
    unknown: 'Not reported',
    hasErrors: 'Error',
    states: { all: 'All', online: 'Online', offline: 'Offline', unknown: 'Not reported' },
    search: 'Find an entrance',
    empty: 'No entrance matches',
    removed: 'Entrance removed',
    toList: 'Go to the entrances',
    credentials: (count: number) =>
      `${count} ${count === 1 ? 'credential' : 'credentials'} for this entrance`,
    noCredentials: 'Nobody can unlock this entrance through Seam',
    resident: 'Resident',
    credential: 'Credential',
    ends: 'Ends',
    noEnd: 'No end',
    status: 'Status',
    history: 'History',
  },
  matrix: {
    label: (building: string) => `Residents and entrances of ${building}`,
    size: (users: number, entrances: number) =>
      `${users.toLocaleString('en')} residents × ${entrances.toLocaleString('en')} entrances. M: mobile key, P: PIN, C: key card. Green works now.`,
    export: 'Export CSV',
    print: 'Print',
    onlyAccess: 'Only residents with access',
    suspended: 'suspended',
    empty: 'Nothing matches',
    truncated:
      'Some residents have more than 20 credentials, or credentials for more than 100 entrances; the rest is not shown here.',
    letters: { CARD: 'C', CODE: 'P', MOBILE_KEY: 'M', UNKNOWN: '?' } satisfies Record<AccessMethod, string>,
  },

  // ---- Move in, move out, credentials, import

  // ---- Changes and audit

  // ---- Connect

  // ---- Settings
} as const
