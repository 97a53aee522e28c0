import { describe, expect, it } from 'vitest'
import { type CredentialStatus, credentialStatus } from '../../src/model/credential-status.ts'
import type { AcsCredential } from '../../src/model/entities.ts'
import { Secret } from '../../src/model/secret.ts'
import { aCredential, issueOf } from './examples.ts'

const now = '2025-06-01T12:00:00.500000Z'
const past = '2025-05-01T00:00:00Z'
const future = '2025-07-01T00:00:00Z'
const waiting = { warnings: [issueOf('waiting_to_be_issued')] }

describe("a credential's status", () => {
  it.each<[string, Partial<AcsCredential>, CredentialStatus]>([
    ['without times', {}, 'ACTIVE'],
    ['that has begun and not ended', { startsAt: past, endsAt: future }, 'ACTIVE'],
    ['from its first microsecond on', { startsAt: now }, 'ACTIVE'],
    ['a microsecond before its start', { startsAt: '2025-06-01T12:00:00.500001Z' }, 'SCHEDULED'],
    ['a microsecond before its end', { endsAt: '2025-06-01T12:00:00.500001Z' }, 'ACTIVE'],
    ['at its end exactly', { endsAt: now }, 'EXPIRED'],
    ['at its end, written in another zone', { endsAt: '2025-06-01T14:00:00.5+02:00' }, 'EXPIRED'],
    ['that begins later', { startsAt: future }, 'SCHEDULED'],
    ['that was not issued', { isIssued: false }, 'PENDING'],
    ['of which nobody says whether it was issued', { isIssued: null }, 'ACTIVE'],
    ['that waits to be issued', waiting, 'PENDING'],
    ['with another warning', { warnings: [issueOf('schedule_modified')] }, 'ACTIVE'],
    ['for a code that has no PIN yet', { accessMethod: 'code', code: null }, 'PENDING'],
    ['for a code with its PIN', { accessMethod: 'code', code: new Secret('1234567') }, 'ACTIVE'],
    ['with an error', { errors: [issueOf('any')] }, 'FAILED'],
    ['that begins later and was not issued', { startsAt: future, isIssued: false }, 'PENDING'],
    ['with an error and not issued', { errors: [issueOf('any')], isIssued: false }, 'FAILED'],
    ['that ended before it was issued', { endsAt: past, isIssued: false }, 'EXPIRED'],
  ])('%s', (_what, special, status) => {
    expect(credentialStatus({ ...aCredential, ...special }, now)).toBe(status)
  })
})
