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
import type { SystemSnapshot, WorkspaceSnapshot } from './snapshot.ts'

/** Format of the files; files of another format are skipped. */
export const snapshotFormat = 2

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

/** Schemas of a part of a snapshot: of its head, and of its lists. */
export type PartSchema = {
  readonly head: z.ZodType<{ readonly at: number; readonly isWhole: boolean }>
  readonly lists: Readonly<Record<string, z.ZodType<readonly unknown[]>>>
}

const headSchema = z.object({ at: z.number(), isWhole: z.boolean() })
const collectionSchema = <T>(row: z.ZodType<T>): PartSchema => ({
  head: headSchema,
  lists: { rows: z.array(row), doubts: z.array(text) },
})

/** The parts of the snapshot of the workspace, and of the snapshot of a system. */
export const workspaceParts: Readonly<Record<keyof WorkspaceSnapshot, PartSchema>> = {
  systems: collectionSchema(systemSchema),
  accounts: collectionSchema(accountSchema),
  identities: collectionSchema(identitySchema),
}
export const systemParts: Readonly<Record<Exclude<keyof SystemSnapshot, 'acsSystemId'>, PartSchema>> = {
  users: collectionSchema(userSchema),
  entrances: collectionSchema(entranceSchema),
  credentials: collectionSchema(credentialSchema),
  doors: {
    head: headSchema,
    lists: {
      edges: z.array(z.tuple([text, z.array(text)])),
      knownCredentials: z.array(text),
      invalidatedCredentials: z.array(text),
      knownEntrances: z.array(text),
      invalidatedEntrances: z.array(text),
    },
  },
}

/** First line of a snapshot. Only that of a system has `acsSystemId`. */
export const headerSchema = z.object({
  format: z.literal(snapshotFormat),
  epoch: text,
  offset: z.number().int().nonnegative(),
  term: text.optional(),
  acsSystemId: id<AcsSystemId>().optional(),
})

/** A line of a part: its head, or some items of one of its lists. */
export const lineSchema = z.union([
  z.object({ part: text, list: text, items: z.unknown() }),
  z.object({ part: text, head: z.unknown() }),
])
