import type { AccessSchedule } from '../../model/entities.ts'
import type { AcsEntranceId, AcsSystemId, AcsUserId, UserIdentityId } from '../../model/ids.ts'

/** An optional input; `null` and absent are equivalent. */
export type Optional<T> = T | null | undefined

/** Input for a new ACS user in one ACS system. */
export type NewUser = {
  readonly acsSystemId: AcsSystemId
  readonly fullName: string
  readonly emailAddress?: Optional<string>
  readonly phoneNumber?: Optional<string>
  readonly accessSchedule?: Optional<AccessSchedule>
  readonly userIdentityId?: Optional<UserIdentityId>
}

/** Input for an update of an ACS user. Absent fields stay unchanged. Seam requires both times of a schedule; `null` removes the schedule. */
export type UserUpdate = {
  readonly fullName?: string
  readonly emailAddress?: string
  readonly phoneNumber?: string
  readonly accessSchedule?: { readonly startsAt: string; readonly endsAt: string } | null
}

/** Input for a new credential. At Latch, a code applies to exactly one entrance and Latch assigns its PIN; a mobile key applies to one or more. */
export type NewCredential = {
  readonly acsUserId: AcsUserId
  readonly startsAt?: Optional<string>
  readonly endsAt?: Optional<string>
} & (
  | { readonly accessMethod: 'code'; readonly acsEntranceIds: readonly [AcsEntranceId] }
  | {
      readonly accessMethod: 'mobile_key'
      readonly acsEntranceIds: readonly [AcsEntranceId, ...AcsEntranceId[]]
    }
)

/** Input for a new user identity. Its key, e-mail address and phone number must each be unique in the workspace. */
export type NewIdentity = {
  readonly key?: Optional<string>
  readonly fullName?: Optional<string>
  readonly emailAddress?: Optional<string>
  readonly phoneNumber?: Optional<string>
}

/** Input for a new Connect Webview: a page for a single login to Latch. */
export type NewWebview = {
  readonly acceptedProviders: readonly ['latch']
  readonly customRedirectUrl?: Optional<string>
  readonly customRedirectFailureUrl?: Optional<string>
  readonly customMetadata?: Optional<Readonly<Record<string, string | boolean>>>
}
