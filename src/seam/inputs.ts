import type { AccessSchedule } from '../model/entities.ts'
import type { AcsEntranceId, AcsSystemId, AcsUserId, UserIdentityId } from '../model/ids.ts'

/** `null` and absent are the same: not given. */
export type Optional<T> = T | null | undefined

/** A person in one building. */
export type NewUser = {
  readonly acsSystemId: AcsSystemId
  readonly fullName: string
  readonly emailAddress?: Optional<string>
  readonly phoneNumber?: Optional<string>
  readonly accessSchedule?: Optional<AccessSchedule>
  readonly userIdentityId?: Optional<UserIdentityId>
}

/** What is absent stays as it is. Seam takes a schedule with both ends only; `null` takes it away. */
export type UserChanges = {
  readonly fullName?: string
  readonly emailAddress?: string
  readonly phoneNumber?: string
  readonly accessSchedule?: { readonly startsAt: string; readonly endsAt: string } | null
}

/** Latch's rule: a code is for one entrance and gets its PIN from Latch; a mobile key is for one or more. */
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

/** A person across buildings. Key, e-mail and phone are each one identity's only in a workspace. */
export type NewIdentity = {
  readonly key?: Optional<string>
  readonly fullName?: Optional<string>
  readonly emailAddress?: Optional<string>
  readonly phoneNumber?: Optional<string>
}

/** A page on which somebody logs in to Latch; good for one login. */
export type NewWebview = {
  readonly acceptedProviders: readonly ['latch']
  readonly customRedirectUrl?: Optional<string>
  readonly customRedirectFailureUrl?: Optional<string>
  readonly customMetadata?: Optional<Readonly<Record<string, string | boolean>>>
}
