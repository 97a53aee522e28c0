import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  Issue,
} from '../../src/model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
} from '../../src/model/ids.ts'

/** Example objects without errors and warnings. A test overrides only the fields that matter to it. */
const issues = { errors: [], warnings: [] }
const createdAt = '2025-01-01T00:00:00Z'
const acsSystemId = 'system' as AcsSystemId

export const issueOf = (code: string): Issue => ({ code, message: `About ${code}.`, since: null })

export const aSystem: AcsSystem = {
  acsSystemId,
  connectedAccountId: 'account' as ConnectedAccountId,
  name: 'North',
  externalType: 'latch_building',
  timeZone: null,
  createdAt,
  ...issues,
}

export const anAccount: ConnectedAccount = {
  connectedAccountId: aSystem.connectedAccountId,
  displayName: 'Latch',
  accountType: 'latch',
  createdAt,
  ...issues,
}

export const aUser: AcsUser = {
  acsUserId: 'user' as AcsUserId,
  acsSystemId,
  userIdentityId: null,
  displayName: 'Ada Lovelace',
  fullName: 'Ada Lovelace',
  emailAddress: 'ada@example.com',
  phoneNumber: '+15550100',
  isSuspended: false,
  accessSchedule: null,
  pendingMutations: [],
  createdAt,
  ...issues,
}

export const anEntrance: AcsEntrance = {
  acsEntranceId: 'entrance' as AcsEntranceId,
  acsSystemId,
  displayName: 'Front door',
  canUnlockWithCode: true,
  canUnlockWithMobileKey: true,
  latch: null,
  createdAt,
  ...issues,
}

export const aCredential: AcsCredential = {
  acsCredentialId: 'credential' as AcsCredentialId,
  acsSystemId,
  acsUserId: aUser.acsUserId,
  userIdentityId: null,
  displayName: 'Key',
  accessMethod: 'mobile_key',
  isMultiPhoneSync: true,
  code: null,
  startsAt: null,
  endsAt: null,
  isIssued: true,
  issuedAt: createdAt,
  createdAt,
  ...issues,
}
