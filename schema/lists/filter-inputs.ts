import { builder } from '../builder.ts'
import {
  AccessMethodEnum,
  ChangeKindEnum,
  ChangeOriginEnum,
  ChangeSubjectEnum,
  CredentialStatusEnum,
} from '../types/enums.ts'

const systemId = 'Accepts its `id` in this graph or its `acs_system_id` in Seam.'
const userId = 'Accepts its `id` in this graph or its `acs_user_id` in Seam.'
const entranceId = 'Accepts its `id` in this graph or its `acs_entrance_id` in Seam.'
const kindsText = 'Only changes of these kinds.'
const searchLimit =
  'Ignores case and accents. At most 200 characters and 20 different words; otherwise fails with `BAD_USER_INPUT`.'
/** A filter is evaluated on the recorded IDs of a change. Where an ID was unknown, the change matches. */
const unknownMatches =
  'Also matches changes for which the gateway did not know this ID when it recorded them, so that no change is missed.'

export const AcsUserFilter = builder.inputType('AcsUserFilter', {
  description: 'Filter for ACS users. All given conditions must be met.',
  fields: (t) => ({
    acsSystemId: t.id({ description: `Only ACS users of this ACS system. ${systemId}` }),
    search: t.string({
      description: `Only ACS users for which each word of this text occurs in the name, email address or phone number. ${searchLimit}`,
    }),
    isSuspended: t.boolean({
      description:
        'Only ACS users that are suspended (`true`) or not suspended (`false`). ACS users for which Seam does not report it count as not suspended.',
    }),
    userIdentityId: t.id({
      description:
        'Only ACS users of this user identity. Accepts its `id` in this graph or its `user_identity_id` in Seam.',
    }),
  }),
})

export const AcsEntranceFilter = builder.inputType('AcsEntranceFilter', {
  description: 'Filter for entrances. All given conditions must be met.',
  fields: (t) => ({
    acsSystemId: t.id({ description: `Only entrances of this ACS system. ${systemId}` }),
    search: t.string({
      description: `Only entrances for which each word of this text occurs in the name. ${searchLimit}`,
    }),
    isConnected: t.boolean({
      description:
        'Only entrances that are online (`true`) or offline (`false`). Entrances for which Seam does not report it match neither value.',
    }),
  }),
})

export const AcsCredentialFilter = builder.inputType('AcsCredentialFilter', {
  description: 'Filter for credentials. All given conditions must be met.',
  fields: (t) => ({
    acsSystemId: t.id({ description: `Only credentials of this ACS system. ${systemId}` }),
    acsUserId: t.id({ description: `Only credentials of this ACS user. ${userId}` }),
    acsEntranceId: t.id({ description: `Only credentials that unlock this entrance. ${entranceId}` }),
    accessMethod: t.field({
      type: AccessMethodEnum,
      description: 'Only credentials with this access method.',
    }),
    status: t.field({
      type: CredentialStatusEnum,
      description: 'Only credentials with this status at request time.',
    }),
    activeAt: t.field({
      type: 'DateTime',
      description:
        'Only credentials that have the status `ACTIVE` at this time: issued, valid and without errors.',
    }),
    endsBefore: t.field({
      type: 'DateTime',
      description:
        'Only credentials whose `endsAt` is before this time. Excludes credentials without an end time. Together with `activeAt`, finds credentials that end soon.',
    }),
  }),
})

export const ChangeFilter = builder.inputType('ChangeFilter', {
  description: 'Filter for changes. All given conditions must be met.',
  fields: (t) => ({
    acsSystemId: t.id({
      description: `Only changes to this ACS system and of objects in it. ${systemId} ${unknownMatches}`,
    }),
    acsUserId: t.id({
      description: `Only changes to this ACS user and of its credentials. ${userId} ${unknownMatches}`,
    }),
    acsEntranceId: t.id({
      description: `Only changes to this entrance and of credentials that unlocked it. ${entranceId} ${unknownMatches}`,
    }),
    subjects: t.field({ type: [ChangeSubjectEnum], description: 'Only changes to objects of these types.' }),
    kinds: t.field({ type: [ChangeKindEnum], description: kindsText }),
    origins: t.field({
      type: [ChangeOriginEnum],
      description: 'Only changes that the gateway learned about in these ways.',
    }),
  }),
})

export const CredentialChangeFilter = builder.inputType('CredentialChangeFilter', {
  description: 'Filter for changes to credentials. All given conditions must be met.',
  fields: (t) => ({
    acsSystemId: t.id({
      description: `Only changes to credentials of this ACS system. ${systemId} ${unknownMatches}`,
    }),
    acsUserId: t.id({
      description: `Only changes to credentials of this ACS user. ${userId} ${unknownMatches}`,
    }),
    acsEntranceId: t.id({
      description: `Only changes to credentials that unlocked this entrance. ${entranceId} ${unknownMatches}`,
    }),
    kinds: t.field({ type: [ChangeKindEnum], description: kindsText }),
  }),
})

export const UserChangeFilter = builder.inputType('UserChangeFilter', {
  description: 'Filter for changes to ACS users. All given conditions must be met.',
  fields: (t) => ({
    acsSystemId: t.id({
      description: `Only changes to ACS users of this ACS system. ${systemId} ${unknownMatches}`,
    }),
    acsUserId: t.id({ description: `Only changes to this ACS user. ${userId}` }),
    kinds: t.field({ type: [ChangeKindEnum], description: kindsText }),
  }),
})

export const EntranceChangeFilter = builder.inputType('EntranceChangeFilter', {
  description: 'Filter for changes to entrances. All given conditions must be met.',
  fields: (t) => ({
    acsSystemId: t.id({
      description: `Only changes to entrances of this ACS system. ${systemId} ${unknownMatches}`,
    }),
    acsEntranceId: t.id({ description: `Only changes to this entrance. ${entranceId}` }),
    kinds: t.field({ type: [ChangeKindEnum], description: kindsText }),
  }),
})
