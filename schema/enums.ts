import type { gapReasons } from '../src/feed/batch.ts'
import { builder } from './builder.ts'

/** Enums that several types share. Every value tells what it means. */
const described = <V extends string>(values: Readonly<Record<V, string>>) =>
  Object.fromEntries(
    Object.entries<string>(values).map(([name, description]) => [name, { value: name, description }]),
  ) as { [K in V]: { value: K; description: string } }

export const AccessMethodEnum = builder.enumType('AccessMethod', {
  description: 'How a credential opens a door (`access_method` in Seam).',
  values: described({
    CODE: 'A PIN that Latch generates. Opens exactly one entrance.',
    MOBILE_KEY: "A key on the resident's phones. Opens one or more entrances.",
    CARD: 'A key card. Not described for Latch.',
    UNKNOWN: 'A method that this version of the gateway does not know.',
  }),
})

export const CodeStateEnum = builder.enumType('CodeState', {
  description: 'Why `code` is there, or is not.',
  values: described({
    NONE: 'The credential has no PIN.',
    PENDING: 'Latch has not given the PIN yet; a change tells when it has.',
    HIDDEN: 'There is a PIN, and this viewer lacks the scope `codes:read`.',
    VISIBLE: 'The PIN stands in `code`.',
  }),
})

export const CredentialStatusEnum = builder.enumType('CredentialStatus', {
  description:
    'One word for a credential as of this request. Where several fit, the first in this order counts: EXPIRED, FAILED, PENDING, SCHEDULED, ACTIVE.',
  values: described({
    PENDING: 'Not issued by Latch yet: Seam says so, or a PIN is still missing.',
    SCHEDULED: 'Issued, and begins later.',
    ACTIVE: 'Issued, begun, not ended, without errors.',
    EXPIRED: 'Has ended; at `endsAt` exactly it is over.',
    FAILED: 'Has errors: see `errors` and their advice.',
  }),
})

export const SupportEnum = builder.enumType('Support', {
  description: 'Whether something can be done.',
  values: described({
    SUPPORTED: 'Yes.',
    UNSUPPORTED: 'No.',
    UNKNOWN: 'Seam does not say.',
  }),
})

export const ScopeEnum = builder.enumType('Scope', {
  description:
    'What a key allows. On the command line: read, write, codes:read, connections:write, events, audit, admin.',
  values: {
    READ: { value: 'read', description: 'Read systems, users, entrances, credentials and connections.' },
    WRITE: { value: 'write', description: 'Change users and credentials.' },
    CODES_READ: { value: 'codes:read', description: 'See PINs.' },
    CONNECTIONS_WRITE: {
      value: 'connections:write',
      description: 'Connect and disconnect Latch; see the URLs of Connect Webviews.',
    },
    EVENTS: { value: 'events', description: 'Subscribe, and read the change journal.' },
    AUDIT: { value: 'audit', description: 'See who made a change.' },
    ADMIN: { value: 'admin', description: 'Run the gateway.' },
  } as const,
})

export const SyncStatusEnum = builder.enumType('SyncStatus', {
  description: "How the gateway's picture of a system stands.",
  values: described({
    FRESH: 'What is loaded agrees with all news, and is not too old.',
    STALE:
      'Something loaded is old or in doubt, and is read again when somebody asks for it. With a `detail`, Seam could not be asked: what was last known is served.',
    LOADING: 'Nothing is loaded yet, or a load runs.',
    FAILED: 'Seam could not be asked, and nothing known can be served instead: see `detail`.',
  }),
})

export const ConnectionStateEnum = builder.enumType('ConnectionState', {
  description: 'Whether Seam reaches Latch through an account.',
  values: described({
    CONNECTED: 'Yes.',
    DISCONNECTED: 'No: see `errors` for what to do.',
    UNKNOWN: 'There are errors that do not say.',
  }),
})

export const ConnectWebviewStatusEnum = builder.enumType('ConnectWebviewStatus', {
  description: 'How far a login through a Connect Webview is.',
  values: {
    PENDING: { value: 'pending', description: 'Nobody has logged in yet.' },
    FAILED: { value: 'failed', description: 'The login failed: make a new Connect Webview.' },
    AUTHORIZED: {
      value: 'authorized',
      description: 'The login worked; systems appear once Latch has shared them.',
    },
  } as const,
})

export const AcsUserOrderEnum = builder.enumType('AcsUserOrder', {
  description: 'How people are ordered. Equal ones keep one order among themselves.',
  values: described({
    NAME_ASC: 'By name, A first; case and accents do not count.',
    NAME_DESC: 'By name, Z first.',
    CREATED_AT_ASC: 'Oldest first.',
    CREATED_AT_DESC: 'Newest first.',
  }),
})

export const AccessReasonCodeEnum = builder.enumType('AccessReasonCode', {
  description: 'Why somebody cannot open a door, or what they should know.',
  values: described({
    NO_CREDENTIAL: 'No credential of this person opens this door.',
    NOT_YET_VALID: "The credential's time, or the person's, has not begun.",
    EXPIRED: "The credential's time, or the person's, is over.",
    NOT_ISSUED: 'Latch has not issued the credential yet.',
    USER_SUSPENDED: 'The person is suspended.',
    CREDENTIAL_ERROR: 'Latch reports an error with the credential: it opens nothing.',
    ENTRANCE_OFFLINE: 'The door is offline. Told only: a mobile key works offline.',
    SYSTEM_DISCONNECTED: 'Seam is disconnected from Latch. Told only: what is shown may be out of date.',
  }),
})

export const ChangeKindEnum = builder.enumType('ChangeKind', {
  description: 'What happened.',
  values: described({
    CREATED: 'It is new.',
    ISSUED: 'Latch has issued the credential.',
    UPDATED: 'Something about it differs: see `changedFields`.',
    REISSUED: 'Latch has issued the credential again.',
    INVALIDATED: 'The credential can no longer be used.',
    DELETED: 'It is gone.',
    CONNECTED: 'Seam reaches Latch (again).',
    DISCONNECTED: 'Seam no longer reaches Latch: see `problem`.',
  }),
})

export const ChangeOriginEnum = builder.enumType('ChangeOrigin', {
  description: 'How the gateway learnt of a change.',
  values: described({
    WEBHOOK: 'Seam told it.',
    MUTATION: 'It was made through this gateway.',
    BACKFILL: "Found in Seam's list of events, after webhooks had been missed.",
    RECONCILIATION: 'Found by comparing with Seam: many changes have no event.',
  }),
})

export const ChangeSubjectEnum = builder.enumType('ChangeSubject', {
  description: 'What a change is about.',
  values: described({
    CREDENTIAL: 'A credential: CredentialChange.',
    USER: 'An ACS user: UserChange.',
    ENTRANCE: 'An entrance: EntranceChange.',
    CONNECTION: 'A connected account, ACS system or Connect Webview: ConnectionChange.',
  }),
})

const gapDescriptions: Readonly<Record<(typeof gapReasons)[number], string>> = {
  TOO_SLOW: 'The connection could not take what it was given; `missed` counts the changes.',
  EXPIRED: 'The cursor is older than what the journal keeps.',
  JOURNAL_REPLACED: 'The cursor is of another journal.',
  SIGHT_CHANGED: 'The viewer may see other things than when the cursor was given.',
}

export const GapReasonEnum = builder.enumType('GapReason', {
  description: 'Why something is missing before a batch. Fetch anew, then go on.',
  values: described(gapDescriptions),
})
