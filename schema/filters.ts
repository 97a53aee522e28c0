import { builder } from './builder.ts'
import {
  AccessMethodEnum,
  ChangeKindEnum,
  ChangeOriginEnum,
  ChangeSubjectEnum,
  CredentialStatusEnum,
} from './enums.ts'

const systemField = 'Only of this system: its id, or `acs_system_id`.'
const userField = 'Only of this ACS user: its id, or `acs_user_id`.'
const entranceField = 'Only of this entrance: its id, or `acs_entrance_id`.'
const kindsField = 'Only these kinds.'
const ownerNote =
  ' A change of which the gateway does not know the owner is told as well, so that nothing is lost silently.'

export const AcsUserFilter = builder.inputType('AcsUserFilter', {
  description: 'Which people. Everything given must fit.',
  fields: (t) => ({
    acsSystemId: t.id({ description: systemField }),
    search: t.string({
      description:
        'Words that must all stand in the name, e-mail address or phone number; case and accents do not count.',
    }),
    isSuspended: t.boolean({ description: 'Only those who are, or are not, suspended.' }),
    userIdentityId: t.id({ description: 'Only of this identity: its id, or `user_identity_id`.' }),
  }),
})

export const AcsEntranceFilter = builder.inputType('AcsEntranceFilter', {
  description: 'Which doors. Everything given must fit.',
  fields: (t) => ({
    acsSystemId: t.id({ description: systemField }),
    search: t.string({
      description: "Words that must all stand in the door's name; case and accents do not count.",
    }),
    isConnected: t.boolean({
      description:
        'Only doors that are, or are not, online. A door of which Seam does not say is in neither.',
    }),
  }),
})

export const AcsCredentialFilter = builder.inputType('AcsCredentialFilter', {
  description: 'Which credentials. Everything given must fit.',
  fields: (t) => ({
    acsSystemId: t.id({ description: systemField }),
    acsUserId: t.id({ description: userField }),
    acsEntranceId: t.id({ description: 'Only those that open this entrance: its id, or `acs_entrance_id`.' }),
    accessMethod: t.field({ type: AccessMethodEnum, description: 'Only of this method.' }),
    status: t.field({ type: CredentialStatusEnum, description: 'Only in this state, as of this request.' }),
    activeAt: t.field({
      type: 'DateTime',
      description: 'Only those that work at this moment: issued, begun, not ended, without errors.',
    }),
  }),
})

export const ChangeFilter = builder.inputType('ChangeFilter', {
  description: 'Which changes. Everything given must fit.',
  fields: (t) => ({
    acsSystemId: t.id({ description: systemField + ownerNote }),
    acsUserId: t.id({ description: userField + ownerNote }),
    acsEntranceId: t.id({ description: entranceField + ownerNote }),
    subjects: t.field({ type: [ChangeSubjectEnum], description: 'Only about these.' }),
    kinds: t.field({ type: [ChangeKindEnum], description: kindsField }),
    origins: t.field({ type: [ChangeOriginEnum], description: 'Only learnt in these ways.' }),
  }),
})

export const CredentialChangeFilter = builder.inputType('CredentialChangeFilter', {
  description: 'Which changes of credentials. Everything given must fit.',
  fields: (t) => ({
    acsSystemId: t.id({ description: systemField + ownerNote }),
    acsUserId: t.id({ description: userField + ownerNote }),
    acsEntranceId: t.id({ description: entranceField + ownerNote }),
    kinds: t.field({ type: [ChangeKindEnum], description: kindsField }),
  }),
})

export const UserChangeFilter = builder.inputType('UserChangeFilter', {
  description: 'Which changes of people. Everything given must fit.',
  fields: (t) => ({
    acsSystemId: t.id({ description: systemField + ownerNote }),
    acsUserId: t.id({ description: userField }),
    kinds: t.field({ type: [ChangeKindEnum], description: kindsField }),
  }),
})

export const EntranceChangeFilter = builder.inputType('EntranceChangeFilter', {
  description: 'Which changes of doors. Everything given must fit.',
  fields: (t) => ({
    acsSystemId: t.id({ description: systemField + ownerNote }),
    acsEntranceId: t.id({ description: entranceField }),
    kinds: t.field({ type: [ChangeKindEnum], description: kindsField }),
  }),
})
