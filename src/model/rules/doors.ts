import type { AcsEntrance } from '../entities.ts'
import type { AcsSystemId } from '../ids.ts'
import type { UserError } from '../user-error.ts'

/** Latch's access methods that can be issued. */
export type IssuedMethod = 'code' | 'mobile_key'

/** A door that somebody named, and where in the input. */
export type NamedDoor = { readonly door: AcsEntrance; readonly field: readonly string[] }

/**
 * Why these doors can't be opened by one such credential: each must be in the person's building and take the method. A door of which
 * Seam doesn't say what it takes goes on to Seam.
 */
export function doorErrors(
  doors: readonly NamedDoor[],
  acsSystemId: AcsSystemId,
  method: IssuedMethod,
): UserError[] {
  return doors.flatMap(({ door, field }): UserError[] => {
    if (door.acsSystemId !== acsSystemId)
      return [
        { field, code: 'INVALID', message: `${door.displayName} is in another building than the person.` },
      ]
    const can = method === 'code' ? door.canUnlockWithCode : door.canUnlockWithMobileKey
    if (can !== false) return []
    const what = method === 'code' ? 'a PIN' : 'a mobile key'
    return [
      { field, code: 'NOT_SUPPORTED_BY_LATCH', message: `${door.displayName} does not open with ${what}.` },
    ]
  })
}
