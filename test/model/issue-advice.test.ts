import { describe, expect, it } from 'vitest'
import { adviceFor } from '../../src/model/issue-advice.ts'
import { issueCodes } from '../sandbox/openapi-validation.ts'

/** The resources whose errors and warnings the graph contains. */
const resources = [
  'acs_system',
  'acs_user',
  'acs_credential',
  'acs_entrance',
  'connected_account',
  'user_identity',
]

/** Returns every error and warning code of a resource in Seam's OpenAPI document. */
const codesOf = (name: string): string[] => [...issueCodes(name, 'error'), ...issueCodes(name, 'warning')]

/** Codes that types 1.977 lack, and that Seam's troubleshooting page or newer versions of the types contain. */
const additionalCodes = ['invalid_credentials', 'insufficient_permissions', 'unknown_issue_with_acs_system']

const codes = [...new Set([...resources.flatMap(codesOf), ...additionalCodes])].sort()

describe('advice', () => {
  it('should be tested with the codes of every resource that documents codes', () => {
    for (const name of resources) if (!/credential|entrance/.test(name)) expect(codesOf(name)).not.toEqual([])
    expect(codes.length).toBeGreaterThan(35)
  })

  it.each(codes)('should recommend an action in a sentence for %s', (code) => {
    expect(adviceFor(code)).toMatch(/^\p{Lu}.*\.$/u)
  })

  it.each(['a_code_of_tomorrow', '', 'constructor', '__proto__'])('should be null for %j', (code) => {
    expect(adviceFor(code)).toBeNull()
  })
})
