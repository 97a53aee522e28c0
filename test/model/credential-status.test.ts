import { describe, expect, it } from 'vitest'
import { type CredentialStatus, credentialStatus } from '../../src/model/credential-status.ts'
import type { AcsCredential } from '../../src/model/entities.ts'
import { Secret } from '../../src/model/secret.ts'
import { aCredential, issueOf } from './examples.ts'

const now = '2025-06-01T12:00:00.500000Z'
const past = '2025-05-01T00:00:00Z'
const future = '2025-07-01T00:00:00Z'
const waitingForIssue = { warnings: [issueOf('waiting_to_be_issued')] }

describe("a credential's status", () => {
  it.each<[string, Partial<AcsCredential>, CredentialStatus]>([
    ['without times', {}, 'ACTIVE'],
    ['between its start and its end', { startsAt: past, endsAt: future }, 'ACTIVE'],
    ['exactly at its start', { startsAt: now }, 'ACTIVE'],
    ['a microsecond before its start', { startsAt: '2025-06-01T12:00:00.500001Z' }, 'SCHEDULED'],
    ['a microsecond before its end', { endsAt: '2025-06-01T12:00:00.500001Z' }, 'ACTIVE'],
    ['exactly at its end', { endsAt: now }, 'EXPIRED'],
    [
      'exactly at its end, which has another UTC offset',
      { endsAt: '2025-06-01T14:00:00.5+02:00' },
      'EXPIRED',
    ],
    ['before its start', { startsAt: future }, 'SCHEDULED'],
    ['that was not issued', { isIssued: false }, 'PENDING'],
    ['whose isIssued is unknown', { isIssued: null }, 'ACTIVE'],
    ['that is waiting to be issued', waitingForIssue, 'PENDING'],
    ['with another warning', { warnings: [issueOf('schedule_modified')] }, 'ACTIVE'],
    ['of access method code without a PIN yet', { accessMethod: 'code', code: null }, 'PENDING'],
    ['of access method code with a PIN', { accessMethod: 'code', code: new Secret('1234567') }, 'ACTIVE'],
    ['with an error', { errors: [issueOf('any')] }, 'FAILED'],
    ['before its start that was not issued', { startsAt: future, isIssued: false }, 'PENDING'],
    ['with an error that was not issued', { errors: [issueOf('any')], isIssued: false }, 'FAILED'],
    ['that ended before it was issued', { endsAt: past, isIssued: false }, 'EXPIRED'],
  ])('should be correct for a credential %s', (_case, overrides, status) => {
    expect(credentialStatus({ ...aCredential, ...overrides }, now)).toBe(status)
  })
})
