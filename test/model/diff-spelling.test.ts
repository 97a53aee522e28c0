import fc from 'fast-check'
import { expect, it } from 'vitest'
import { comparableCredentialFields, comparableUserFields } from '../../src/model/diff.ts'
import type { AcsCredential, AcsUser } from '../../src/model/entities.ts'

const instants = fc.date({
  min: new Date('2000-01-01T00:00:00.000Z'),
  max: new Date('2098-12-31T00:00:00.000Z'),
  noInvalidDate: true,
})
const zones = ['+00:00', '-05:00', '+05:45', '+14:00']

/** Returns all notations of an instant that Seam is known to use. */
function notationsOf(instant: Date): string[] {
  const utc = instant.toISOString()
  const offsets = zones.map((zone) => {
    const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? []
    const shift = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
    return new Date(instant.getTime() + shift).toISOString().replace('Z', zone)
  })
  return [utc, utc.replace('Z', '000Z'), utc.replace('Z', '000000Z'), ...offsets]
}

const credential = (time: string) =>
  ({
    startsAt: time,
    endsAt: time,
    issuedAt: time,
    errors: [],
    warnings: [],
    code: null,
  }) as unknown as AcsCredential
const user = (more: Partial<AcsUser>) =>
  ({
    errors: [],
    warnings: [],
    accessSchedule: null,
    emailAddress: null,
    phoneNumber: null,
    ...more,
  }) as AcsUser

it('should treat different notations of an instant as equal', () => {
  fc.assert(
    fc.property(instants, (instant) => {
      const [first = '', ...others] = notationsOf(instant)
      for (const other of others) {
        expect(comparableCredentialFields(credential(other))).toEqual(
          comparableCredentialFields(credential(first)),
        )
        const schedule = (time: string) => user({ accessSchedule: { startsAt: time, endsAt: time } })
        expect(comparableUserFields(schedule(other))).toEqual(comparableUserFields(schedule(first)))
      }
      const later = new Date(instant.getTime() + 1).toISOString()
      expect(comparableCredentialFields(credential(later))).not.toEqual(
        comparableCredentialFields(credential(first)),
      )
    }),
  )
})

it.each([
  [
    'phoneNumber',
    ['+15551234567', '+1 (555) 123-4567', '+1 555 123 4567', '+1-555-123-4567'],
    '+15551234568',
  ],
  ['emailAddress', ['ada@example.com', 'Ada@Example.COM', ' ada@example.com'], 'eda@example.com'],
] as const)('should treat different notations of the same %s as equal', (field, same, other) => {
  const [first] = same
  for (const each of same)
    expect(comparableUserFields(user({ [field]: each }))).toEqual(
      comparableUserFields(user({ [field]: first })),
    )
  expect(comparableUserFields(user({ [field]: other }))).not.toEqual(
    comparableUserFields(user({ [field]: first })),
  )
})
