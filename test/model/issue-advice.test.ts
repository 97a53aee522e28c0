import { openapi } from '@seamapi/types/connect'
import { describe, expect, it } from 'vitest'
import { adviceFor } from '../../src/model/issue-advice.ts'

/** What the graph shows errors and warnings of. */
const resources = [
  'acs_system',
  'acs_user',
  'acs_credential',
  'acs_entrance',
  'connected_account',
  'user_identity',
]

/** Every code in what Seam's OpenAPI document says of one resource. */
function codesOf(name: string): string[] {
  const codes = new Set<string>()
  const { schemas } = openapi.components as { readonly schemas: Readonly<Record<string, unknown>> }
  JSON.stringify(schemas[name], (key, value) => {
    if (/^(error|warning)_code$/.test(key)) for (const code of value?.enum ?? []) codes.add(code)
    return value
  })
  return [...codes]
}

/** Codes that Seam's page on troubleshooting or newer versions of its types name, and types 1.977 do not. */
const others = ['invalid_credentials', 'insufficient_permissions', 'unknown_issue_with_acs_system']

const codes = [...new Set([...resources.flatMap(codesOf), ...others])].sort()

describe('advice', () => {
  it('should know the codes of every resource that names some', () => {
    for (const name of resources) if (!/credential|entrance/.test(name)) expect(codesOf(name)).not.toEqual([])
    expect(codes.length).toBeGreaterThan(35)
  })

  it.each(codes)('should say in a sentence what to do about %s', (code) => {
    expect(adviceFor(code)).toMatch(/^\p{Lu}.*\.$/u)
  })

  it.each(['a_code_of_tomorrow', '', 'constructor', '__proto__'])('should have none for %j', (code) => {
    expect(adviceFor(code)).toBeNull()
  })
})
