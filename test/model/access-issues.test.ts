import { describe, expect, it } from 'vitest'
import { type AccessDecision, type AccessQuestion, checkAccess } from '../../src/model/access-decision.ts'
import type { Issues } from '../../src/model/entities.ts'
import { adviceFor } from '../../src/model/issue-advice.ts'
import { issueCodes } from '../sandbox/openapi-validation.ts'
import { aCredential, anAccount, anEntrance, aSystem, aUser, issueOf } from './examples.ts'

const now = '2025-06-01T12:00:00Z'
const later = '2025-06-02T12:00:00Z'

const question: AccessQuestion = {
  user: aUser,
  entrance: anEntrance,
  credentials: [aCredential],
  system: aSystem,
  account: anAccount,
  atTime: now,
  now,
}

/** The objects that an access decision depends on, by Seam's name. Each function adds errors or warnings to the object. */
const objects: Readonly<Record<string, (issues: Partial<Issues>) => AccessQuestion>> = {
  acs_user: (issues) => ({ ...question, user: { ...aUser, ...issues } }),
  acs_credential: (issues) => ({ ...question, credentials: [{ ...aCredential, ...issues }] }),
  acs_entrance: (issues) => ({ ...question, entrance: { ...anEntrance, ...issues } }),
  acs_system: (issues) => ({ ...question, system: { ...aSystem, ...issues } }),
  connected_account: (issues) => ({ ...question, account: { ...anAccount, ...issues } }),
}

const resources = Object.keys(objects)
const documented = [...new Set(resources.flatMap((resource) => issueCodes(resource, 'error')))]
/** A code that Seam may add later, and names that every JavaScript object has. */
const unknown = ['a_code_of_tomorrow', 'constructor', '']

const everyError = resources.flatMap((resource) =>
  [...documented, ...unknown].map((code) => [resource, code] as const),
)

/** Errors after which the access that Latch already has stays valid, so that they do not prevent access. */
const nonBlockingErrors = ['failed_to_update_on_acs_system', 'failed_to_delete_on_acs_system']

describe('an error that Seam reports', () => {
  it('should have one of many documented codes', () => {
    expect(documented.length).toBeGreaterThan(10)
    expect(documented).toContain('deleted_externally')
  })

  it.each(everyError)(
    'should become a reason and prevent access if required: on the %s, %j',
    (resource, code) => {
      const issue = issueOf(code)
      const decision = checkAccess((objects[resource] as (typeof objects)[string])({ errors: [issue] }))
      const [reason, ...others] = decision.reasons
      expect(others).toEqual([])
      expect(reason?.issue).toEqual(issue)
      expect(reason?.message).toContain(code)
      expect(reason?.message).toContain(issue.message)
      if (adviceFor(code) !== null) expect(reason?.message).toContain(adviceFor(code))
      const isBlocking =
        resource === 'acs_credential' || (resource === 'acs_user' && !nonBlockingErrors.includes(code))
      expect(reason?.blocking).toBe(isBlocking)
      expect(decision.allowed).toBe(!isBlocking)
      expect(decision.via).toEqual(isBlocking ? [] : [aCredential])
    },
  )

  it.each([
    ['acs_system', 'account_disconnected'],
    ['acs_system', 'provider_service_unavailable'],
    ['connected_account', 'bridge_disconnected'],
  ] as const)(
    'should become SYSTEM_DISCONNECTED if it means a lost connection: on the %s, %s',
    (resource, code) => {
      const decision = checkAccess(
        (objects[resource] as (typeof objects)[string])({ errors: [issueOf(code)] }),
      )
      expect(codesOf(decision)).toEqual(['SYSTEM_DISCONNECTED'])
    },
  )

  it('should become one reason if the ACS system and its connected account have the same error', () => {
    const errors = [issueOf('account_disconnected')]
    const decision = checkAccess({
      ...question,
      system: { ...aSystem, errors },
      account: { ...anAccount, errors },
    })
    expect(codesOf(decision)).toEqual(['SYSTEM_DISCONNECTED'])
  })

  it('should have no effect on a credential while another credential is valid', () => {
    const credentialWithError = { ...aCredential, errors: [issueOf('any')] }
    const decision = checkAccess({ ...question, credentials: [credentialWithError, aCredential] })
    expect(decision).toEqual({ allowed: true, reasons: [], via: [aCredential] })
  })
})

const codesOf = (decision: AccessDecision) => decision.reasons.map(({ code }) => code)

describe('a warning that Seam reports', () => {
  /** The reasons of warnings that concern access. Seam's documentation explains the other warnings. */
  const expectedReasons: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    acs_user: {
      being_deleted: 'USER_WARNING',
      unknown_issue_with_acs_user: 'USER_WARNING',
      salto_ks_user_not_subscribed: 'USER_WARNING',
      acs_user_inactive: 'USER_INACTIVE',
    },
    acs_credential: {
      waiting_to_be_issued: 'NOT_ISSUED',
      being_deleted: 'CREDENTIAL_WARNING',
      unknown_issue_with_acs_credential: 'CREDENTIAL_WARNING',
      needs_to_be_reissued: 'CREDENTIAL_WARNING',
    },
    acs_entrance: {
      entrance_setup_required: 'ENTRANCE_WARNING',
      privacy_mode: 'ENTRANCE_WARNING',
      salto_ks_privacy_mode: 'ENTRANCE_WARNING',
    },
    connected_account: {
      being_deleted: 'ACCOUNT_ERROR',
      unknown_issue_with_connected_account: 'ACCOUNT_ERROR',
      provider_service_unavailable: 'SYSTEM_DISCONNECTED',
    },
  }
  const everyWarning = resources.flatMap((resource) =>
    issueCodes(resource, 'warning').map((code) => [resource, code] as const),
  )

  it.each(everyWarning)('should become a reason if it concerns access: on the %s, %s', (resource, code) => {
    const decision = checkAccess(
      (objects[resource] as (typeof objects)[string])({ warnings: [issueOf(code)] }),
    )
    const expected = expectedReasons[resource]?.[code]
    expect(codesOf(decision)).toEqual(expected === undefined ? [] : [expected])
    expect(decision.allowed).toBe(expected !== 'USER_INACTIVE' && expected !== 'NOT_ISSUED')
  })

  it('should not prevent access at a later time if it is acs_user_inactive', () => {
    const user = { ...aUser, warnings: [issueOf('acs_user_inactive')] }
    const decision = checkAccess({ ...question, user, atTime: later })
    expect(decision.allowed).toBe(true)
    expect(codesOf(decision)).toEqual(['USER_INACTIVE'])
  })
})
