import type {
  AccessMethod,
  ChangeKind,
  ChangeOrigin,
  CredentialStatus,
  StepStatus,
  SyncStatus,
} from './graph/generated/graphql.ts'
import type { SessionEnd } from './session/session.ts'

const formatResidents = (count: number): string =>
  `${count.toLocaleString('en')} ${count === 1 ? 'resident' : 'residents'}`

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
    ends: 'Access ends',
    noEnd: 'No end',
    empty: 'No resident matches',
  },

  // ---- Entrances and matrix

  // ---- Move in, move out, credentials, import
  forms: {
    startsAt: 'Access starts',
    endsAt: 'Access ends',
    endHint: 'Leave it empty for access without an end.',
    removeEnd: 'No end',
    mobileKeyFor: 'Mobile key for',
    pinsFor: 'PINs for',
    chosen: (count: number) => (count === 0 ? 'None chosen' : `${count} chosen`),
    findEntrance: (label: string) => `Find an entrance: ${label}`,
    findEntranceHint: 'Find an entrance',
    noEntrance: 'No entrance matches.',
    unknownSupport: {
      code: 'Seam does not report whether this entrance accepts PINs.',
      mobileKey: 'Seam does not report whether this entrance accepts mobile keys.',
    },
    unsupported: {
      code: (count: number) => `${count} ${count === 1 ? 'entrance does' : 'entrances do'} not accept PINs.`,
      mobileKey: (count: number) =>
        `${count} ${count === 1 ? 'entrance does' : 'entrances do'} not accept mobile keys.`,
    },
    steps: 'Steps',
    stepNames: {
      createUserIdentity: 'Create the user identity for mobile keys',
      linkUserIdentity: 'Connect the user identity',
      createAcsUser: 'Create the resident',
      deleteAcsUser: 'Remove the resident',
      issueMobileKey: 'Issue the mobile key',
      issueCode: 'Issue a PIN',
      endCredentials: 'Set the end of all credentials',
      endClientSessions: 'End the sessions of the resident’s app',
      revokeCredential: 'Revoke a credential',
      revokeCredentials: 'Revoke all credentials',
      restoreCredentials: 'Restore the ends of the credentials',
      cancelMoveOut: 'Cancel the move-out',
    },
    stepStatus: {
      DONE: 'Done',
      FAILED: 'Failed',
      PENDING: 'Not started',
      STARTED: 'In progress',
      UNDONE: 'Undone',
    } satisfies Record<StepStatus, string>,
    samePerson: {
      title: 'Is this the same person?',
      detail:
        'A person with this email address or phone number is already known, but other details differ. The same person gets the mobile keys of both.',
      same: 'Yes, the same person',
      other: 'No, another person',
    },
  },
  actions: {
    more: 'More actions',
    issuePin: 'Issue PIN',
    issueMobileKey: 'Issue mobile key',
    moveOut: 'Move out',
    moveOutMenu: 'Move out …',
    suspend: 'Suspend',
    suspendMenu: 'Suspend …',
    unsuspend: 'End suspension',
    unsuspendMenu: 'End suspension …',
    changeEnd: 'Change end',
    revoke: 'Revoke',
    of: (action: string, name: string) => `${action}: ${name}`,
    credentialOf: (method: string, name: string) => `${method} of ${name}`,
    pinEntrance: 'Entrance',
    pinHint: 'Latch generates the PIN. Show it on this page once it is issued.',
    pinChosen: 'Choose an entrance.',
    mobileKeyChosen: 'Choose at least one entrance.',
    when: 'When',
    now: 'Now',
    later: 'At a time',
    at: 'Time of the move-out',
    keepUser: 'Keep the resident, revoke the credentials only',
    moveOutNow: (name: string) =>
      `All credentials of ${name} are revoked now, and the resident is removed. This cannot be undone.`,
    moveOutNowKept: (name: string) =>
      `All credentials of ${name} are revoked now. The resident stays in the list. This cannot be undone.`,
    moveOutLater: (name: string) =>
      `All credentials of ${name} end at this time, and the resident is then removed. You can cancel it until then.`,
    moveOutLaterKept: (name: string) =>
      `All credentials of ${name} end at this time. The resident stays in the list. You can cancel it until then.`,
    replaces: (time: string) => `This replaces the move-out that is scheduled for ${time}.`,
    suspendDetail: (name: string) =>
      `The credentials of ${name} do not unlock any entrance until you end the suspension.`,
    unsuspendDetail: (name: string) => `The credentials of ${name} unlock their entrances again.`,
    revokeDetail: (credential: string, name: string) =>
      `${credential} of ${name} stops unlocking any entrance. This cannot be undone: a new one must be issued.`,
    newEnd: 'New end',
    noEndWarning: {
      CODE: 'Without an end, the PIN is replaced by a new one with other digits. Tell the resident.',
      MOBILE_KEY: 'Without an end, the mobile key is replaced by a new one.',
      CARD: 'Without an end, the credential is replaced by a new one.',
      UNKNOWN: 'Without an end, the credential is replaced by a new one.',
    } satisfies Record<AccessMethod, string>,
    done: {
      issuePin: 'The PIN is issued.',
      issueMobileKey: 'The mobile key is issued.',
      moveOut: (name: string) => `${name} has moved out.`,
      moveOutKept: (name: string) => `All credentials of ${name} are revoked.`,
      moveOutLater: (name: string, time: string) => `${name} moves out on ${time}.`,
      suspend: (name: string) => `${name} is suspended.`,
      unsuspend: (name: string) => `${name} is no longer suspended.`,
      changeEnd: 'The end is changed.',
      revoke: 'The credential is revoked.',
    },
    failed: 'Latch could not issue it:',
  },
  moveIn: {
    lead: 'Creates a resident with credentials. If a step fails, everything is undone.',
    person: 'Person',
    fullName: 'Full name',
    emailAddress: 'Email address',
    phoneNumber: 'Phone number',
    phoneHint: 'With + and the country code, such as +1 212 555 0100.',
    building: 'Building',
    schedule: 'Schedule',
    access: 'Access',
    accessHint: 'One mobile key opens all its entrances in the Latch app. Each PIN opens one entrance.',
    noAccess: 'Choose at least one entrance for the mobile key or a PIN.',
    submit: 'Move in',
    sending: (name: string) => `Moving in ${name}`,
    undone: 'The move-in was not completed. The steps that were done are undone:',
    waiting: (count: number) =>
      `Waiting for Latch to issue ${count} ${count === 1 ? 'credential' : 'credentials'} …`,
    done: (name: string) => `${name} has moved in.`,
    created: (name: string) => `${name} is created.`,
    toResident: (name: string) => `Open the page of ${name}`,
    another: 'Move in another resident',
    credentials: 'Credentials',
    noBuildings: 'There is no building yet',
    connect: 'Connect a Latch account',
    importFile: 'Import a file',
    forbidden: 'Your API key does not have the scope write. Ask an administrator for one that does.',
  },
  moveOuts: {
    lead: (count: number) => (count === 1 ? '1 scheduled move-out' : `${count} scheduled move-outs`),
    empty: 'No move-out is scheduled',
    emptyDetail: 'Schedule one on the page of a resident, under Move out.',
    removesUser: 'The resident is removed.',
    keepsUser: 'The resident is kept, without credentials.',
    requested: 'Requested',
    gone: 'A resident who is already removed',
    cancel: 'Cancel move-out',
    cancelOf: (name: string) => `Cancel the move-out of ${name}`,
    cancelTitle: 'Cancel the move-out?',
    cancelDetail: (name: string) =>
      `${name} stays, and the credentials get the ends that they had before. A PIN without an end is replaced by a new one with other digits.`,
    keep: 'Keep it scheduled',
    canceled: (name: string) => `The move-out of ${name} is canceled.`,
    newPins: 'Credentials without an end were issued again. Tell the resident the new PINs.',
    list: 'Scheduled move-outs',
  },
  importResidents: {
    title: 'Import residents',
    lead: 'Moves in the residents of a CSV file. First the file is checked; nothing is changed until you start the import.',
    building: 'Building',
    file: 'File',
    chooseFile: 'Choose a CSV file',
    drop: 'or drop it here',
    anotherFile: 'Choose another file',
    columns: 'Columns of the file',
    columnHints: {
      fullName: 'Required.',
      startsAt:
        'Required. A date such as 2026-12-01, or a time such as 2026-12-01T15:00 in the building’s zone.',
      endsAt: 'A date or a time. Empty: no end.',
      emailAddress: 'Once per building.',
      phoneNumber: 'With + and the country code.',
      mobileKeyDoors: 'Names of entrances, separated by semicolons.',
      codeDoors: 'Names of entrances, separated by semicolons. Each gets a PIN.',
      sameUser: 'true or false: whether a known person with the same contact details is the same.',
    },
    template: 'Download a template',
    templateName: 'residents.csv',
    failedName: 'residents-not-imported.csv',
    workbook:
      'This is a workbook, not a CSV file. Save it as “CSV UTF-8 (Comma delimited)”, and choose that file.',
    encoding: 'The file is not UTF-8. Save it as “CSV UTF-8 (Comma delimited)”, and choose that file.',
    loadingEntrances: 'Reading the entrances of the building …',
    missing: 'A value is required.',
    noAccess: 'Name at least one entrance here or in codeDoors.',
    notATime: (text: string) =>
      `“${text}” is neither a date such as 2026-12-01, nor a time such as 2026-12-01T15:00 or 2026-12-01T15:00:00-05:00.`,
    noZone: (text: string) =>
      `“${text}” has no offset, and the zone of this building is not known. Write a time such as 2026-12-01T15:00:00-05:00.`,
    notABoolean: (text: string) => `“${text}” is neither true nor false.`,
    noDoor: (name: string, nearest: string | undefined) =>
      nearest === undefined
        ? `There is no entrance “${name}” in this building.`
        : `There is no entrance “${name}” in this building. Did you mean “${nearest}”?`,
    severalDoors: (name: string) => `Several entrances have the name “${name}”. Use the ID instead.`,
    sameLine: (line: number) => `It is the same as line ${line}. Remove one of them.`,
    result: 'Result',
    rows: 'Residents in the file',
    line: (line: number) => `Line ${line}`,
    noName: 'No name',
    status: {
      checking: 'Checking …',
      ready: 'Will move in',
      sending: 'Moving in …',
      done: 'Moved in',
      refused: 'To correct',
      failed: 'Not completed',
    },
    checking: 'Checking the file …',
    checked: (ready: number, refused: number) =>
      refused === 0
        ? `${formatResidents(ready)} will move in. Nothing is changed yet.`
        : `${formatResidents(ready)} will move in, ${formatResidents(refused)} must be corrected first. Nothing is changed yet.`,
    sending: (done: number, all: number) => `Moved in ${done} of ${all}`,
    finished: (done: number, others: number) =>
      others === 0
        ? `${formatResidents(done)} moved in.`
        : `${formatResidents(done)} moved in, ${formatResidents(others)} did not.`,
    repeat: 'You can import the same file again: residents who have moved in are not moved in twice.',
    start: (count: number) => `Move in ${formatResidents(count)}`,
    retry: (count: number) => `Try ${formatResidents(count)} again`,
    save: (count: number) => `Download ${count} ${count === 1 ? 'row' : 'rows'} to correct`,
    progress: 'Progress of the import',
    period: (start: string, end: string | null) => (end === null ? `From ${start}` : `${start} – ${end}`),
    access: (mobileKey: number, pins: number) =>
      [
        mobileKey === 0 ? null : `Mobile key for ${mobileKey}`,
        pins === 0 ? null : `${pins} ${pins === 1 ? 'PIN' : 'PINs'}`,
      ]
        .filter((part) => part !== null)
        .join(' · ') || 'No access',
  },

  // ---- Changes and audit

  // ---- Connect

  // ---- Settings
} as const
