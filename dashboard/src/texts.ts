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
    searchHint: 'Press / to search',
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
    pollingDetail: 'Your API key does not have the scope events.',
    reconnecting: (since: string) => `Reconnecting since ${since}`,
    caughtUp: (count: number) => `Caught up: ${count} ${count === 1 ? 'change' : 'changes'}`,
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
  },

  signIn: {
    title: 'Sign in',
    lead: 'Residents, entrances and credentials of your Latch buildings.',
    apiKey: 'API key',
    apiKeyHint: 'The key stays in this tab and is forgotten when you close it.',
    submit: 'Sign in',
    withLogin: 'Sign in with your company account',
    ends: {
      'signed-out': 'You are signed out.',
      revoked: 'Your API key was revoked. Sign in with another one to go on where you were.',
      expired: 'Your session has expired. Sign in again to go on where you were.',
      rejected: 'The gateway does not accept this credential. Check that it is complete and not revoked.',
    } satisfies Record<SessionEnd, string>,
    required: 'Enter your API key.',
    create: 'An administrator creates API keys under Settings, or with "npm run latchkey -- keys create".',
    loginFailed: (reason: string) => `The login did not succeed: ${reason}`,
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
    STALE: 'Outdated',
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
    unassignedCredential: 'Credential',
    entrance: 'Entrance',
    connection: 'Latch connection',
    fields: (names: readonly string[]) => names.join(', '),
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

  // ---- Residents
  residents: {
    noun: 'residents',
    name: 'Name',
    building: 'Building',
    credentials: 'Credentials',
    status: 'Status',
    ends: 'Access ends',
    noEnd: 'No end',
    noAccess: 'No access',
    none: 'None',
    problems: 'Problems',
    noProblem: 'No problem',
    problemCount: (count: number) => `${count} ${count === 1 ? 'problem' : 'problems'}`,
    check: 'Access',
    checkAction: 'Check access',
    checkOf: (name: string) => `Check access of ${name}`,
    import: 'Import',
    empty: 'No resident matches',
    showAll: 'Show all residents',
    noResidents: 'There are no residents yet',
    noResidentsDetail: 'Residents appear here when they are moved in, here or in Latch.',
    countOf: (shown: number, all: number) =>
      `${shown.toLocaleString('en')} of ${all.toLocaleString('en')} residents`,
    methodCounts: {
      CARD: (count: number) => `${count} key ${count === 1 ? 'card' : 'cards'}`,
      CODE: (count: number) => `${count} ${count === 1 ? 'PIN' : 'PINs'}`,
      MOBILE_KEY: (count: number) => `${count} mobile ${count === 1 ? 'key' : 'keys'}`,
      UNKNOWN: (count: number) => `${count} ${count === 1 ? 'other' : 'others'}`,
    } satisfies Record<AccessMethod, (count: number) => string>,
    statuses: {
      ACTIVE: 'Active',
      EXPIRED: 'Expired',
      FAILED: 'Failed',
      NONE: 'No credential',
      PENDING: 'Waiting for Latch',
      SCHEDULED: 'Scheduled',
      SUSPENDED: 'Suspended',
    } satisfies Record<CredentialStatus | 'SUSPENDED' | 'NONE', string>,
    filter: {
      search: 'Search residents',
      searchHint: 'Name, email or phone',
      toggle: (count: number) => (count === 0 ? 'Filter' : `Filter (${count})`),
      clear: 'Clear filters',
      anyBuilding: 'All buildings',
      anyStatus: 'Any status',
      anyEnd: 'Any time',
      endsWithin: (days: number) => `Within ${days} days`,
      option: (name: string, count: number | undefined) => `${name} (${(count ?? 0).toLocaleString('en')})`,
      statuses: {
        ACTIVE: 'Active',
        EXPIRED: 'Expired',
        FAILED: 'Failed',
        NONE: 'No credential',
        PENDING: 'Waiting for Latch',
        PROBLEMS: 'Has problems',
        SCHEDULED: 'Scheduled',
        SUSPENDED: 'Suspended',
      } satisfies Record<CredentialStatus | 'SUSPENDED' | 'NONE' | 'PROBLEMS', string>,
    },
  },

  // ---- Entrances and matrix

  // ---- Move in, move out, credentials, import

  // ---- Changes and audit

  // ---- Connect

  // ---- Settings
} as const
