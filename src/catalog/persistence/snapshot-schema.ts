import { z } from 'zod'
import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  UserIdentity,
} from '../../model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  UserIdentityId,
} from '../../model/ids.ts'
import type { EntranceAccessDump } from '../access/entrance-access.ts'
import type { CollectionDump } from '../cache/collection-state.ts'
import type { SystemSnapshot, WorkspaceSnapshot } from './snapshot.ts'

/** A snapshot of the workspace or of one system, with the journal's epoch, offset and term that it includes. */
export type StoredSnapshot = {
  readonly epoch: string
  readonly offset: number
  /** Absent in files of older versions. */
  readonly term?: string | undefined
} & ({ readonly workspace: WorkspaceSnapshot } | { readonly system: SystemSnapshot })

/** Format of the files; files of another format are skipped. */
export const snapshotFormat = 1

const text = z.string()
const optionalText = z.string().nullable()
const optionalBoolean = z.boolean().nullable()
const id = <Id extends string>(): z.ZodType<Id> => z.custom<Id>((value) => typeof value === 'string')
const issuesSchema = z.array(z.object({ code: text, message: text, since: optionalText }))
const withIssues = { errors: issuesSchema, warnings: issuesSchema, createdAt: text }

const systemSchema: z.ZodType<AcsSystem> = z.object({
  ...withIssues,
  acsSystemId: id<AcsSystemId>(),
  connectedAccountId: id<ConnectedAccountId>(),
  name: text,
  externalType: optionalText,
  timeZone: optionalText,
})
const accountSchema: z.ZodType<ConnectedAccount> = z.object({
  ...withIssues,
  connectedAccountId: id<ConnectedAccountId>(),
  displayName: text,
  accountType: optionalText,
  createdAt: optionalText,
})
const identitySchema: z.ZodType<UserIdentity> = z.object({
  ...withIssues,
  userIdentityId: id<UserIdentityId>(),
  key: optionalText,
  displayName: text,
  fullName: optionalText,
  emailAddress: optionalText,
  phoneNumber: optionalText,
  acsUserIds: z.array(id<AcsUserId>()),
})
const userSchema: z.ZodType<AcsUser> = z.object({
  ...withIssues,
  acsUserId: id<AcsUserId>(),
  acsSystemId: id<AcsSystemId>(),
  userIdentityId: id<UserIdentityId>().nullable(),
  displayName: text,
  fullName: optionalText,
  emailAddress: optionalText,
  phoneNumber: optionalText,
  isSuspended: optionalBoolean,
  accessSchedule: z.object({ startsAt: text, endsAt: optionalText }).nullable(),
  pendingMutations: z.array(text),
})
const entranceSchema: z.ZodType<AcsEntrance> = z.object({
  ...withIssues,
  acsEntranceId: id<AcsEntranceId>(),
  acsSystemId: id<AcsSystemId>(),
  displayName: text,
  canUnlockWithCode: optionalBoolean,
  canUnlockWithMobileKey: optionalBoolean,
  latch: z
    .object({
      doorName: optionalText,
      doorType: optionalText,
      accessibilityType: optionalText,
      isConnected: optionalBoolean,
    })
    .nullable(),
})
const credentialSchema: z.ZodType<AcsCredential> = z.object({
  ...withIssues,
  acsCredentialId: id<AcsCredentialId>(),
  acsSystemId: id<AcsSystemId>(),
  acsUserId: id<AcsUserId>().nullable(),
  userIdentityId: id<UserIdentityId>().nullable(),
  displayName: text,
  accessMethod: text,
  isMultiPhoneSync: z.boolean(),
  // A PIN is never written to disk.
  code: z.null(),
  isCodeAtSeam: z.literal(true).exactOptional(),
  startsAt: optionalText,
  endsAt: optionalText,
  isIssued: optionalBoolean,
  issuedAt: optionalText,
})

const dumpSchemaOf = <Id extends string, T>(row: z.ZodType<T>): z.ZodType<CollectionDump<Id, T>> =>
  z.object({ at: z.number(), rows: z.array(row), doubts: z.array(id<Id>()), isWhole: z.boolean() })
const accessSideSchemaOf = <Id extends string>() =>
  z.object({ known: z.array(id<Id>()), doubted: z.array(id<Id>()) })
const accessSchema: z.ZodType<EntranceAccessDump> = z.object({
  at: z.number(),
  isWhole: z.boolean(),
  opens: z.array(z.tuple([id<AcsCredentialId>(), z.array(id<AcsEntranceId>())])),
  credentials: accessSideSchemaOf<AcsCredentialId>(),
  entrances: accessSideSchemaOf<AcsEntranceId>(),
})

const headerSchema = z.object({
  format: z.literal(snapshotFormat),
  epoch: text,
  offset: z.number().int().nonnegative(),
  term: text.optional(),
})
const bodySchema = z.union([
  z.object({ workspace: z.record(text, z.unknown()) }),
  z.object({ system: z.looseObject({ acsSystemId: id<AcsSystemId>() }) }),
])

/**
 * Parses a snapshot. A part that does not match its schema is reported to `onInvalidPart` and is `null`, as if it had not been cached.
 * Returns `null` if the header or the body is invalid.
 */
export function parseSnapshot(
  json: string,
  onInvalidPart: (part: string, problem: string) => void,
): StoredSnapshot | null {
  const value = parseJson(json)
  const [header, content] = [headerSchema.safeParse(value), bodySchema.safeParse(value)]
  if (!header.success || !content.success) return null
  const { format: _format, ...position } = header.data
  const body = content.data
  const parts: Readonly<Record<string, unknown>> = 'workspace' in body ? body.workspace : body.system
  const parsePart = <T>(name: string, schema: z.ZodType<T>): T | null => {
    const parsed = schema.nullable().safeParse(parts[name])
    if (!parsed.success) onInvalidPart(name, describeProblem(parsed.error))
    return parsed.success ? parsed.data : null
  }
  if ('workspace' in body) {
    const workspace: WorkspaceSnapshot = {
      systems: parsePart('systems', dumpSchemaOf<AcsSystemId, AcsSystem>(systemSchema)),
      accounts: parsePart('accounts', dumpSchemaOf<ConnectedAccountId, ConnectedAccount>(accountSchema)),
      identities: parsePart('identities', dumpSchemaOf<UserIdentityId, UserIdentity>(identitySchema)),
    }
    return { ...position, workspace }
  }
  const system: SystemSnapshot = {
    acsSystemId: body.system.acsSystemId,
    users: parsePart('users', dumpSchemaOf<AcsUserId, AcsUser>(userSchema)),
    entrances: parsePart('entrances', dumpSchemaOf<AcsEntranceId, AcsEntrance>(entranceSchema)),
    credentials: parsePart('credentials', dumpSchemaOf<AcsCredentialId, AcsCredential>(credentialSchema)),
    doors: parsePart('doors', accessSchema),
  }
  return { ...position, system }
}

/** Returns the path of the first problem, without the value there, which may be personal data. */
function describeProblem(error: z.ZodError): string {
  const [issue] = error.issues
  return `${issue?.code ?? 'invalid'} at ${issue?.path.join('.') ?? ''}`
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
