import type { AcsEntrance } from '../entities.ts'
import type { AcsSystemId } from '../ids.ts'
import type { UserError } from '../user-error.ts'

/** Latch's access methods that can be issued. */
export type IssuableMethod = 'code' | 'mobile_key'

/** A door that somebody named, and where in the input. */
export type NamedEntrance = { readonly entrance: AcsEntrance; readonly field: readonly string[] }

/**
 * Why these doors can't be opened by one such credential: each must be in the person's building and take the method. A door of which
 * Seam doesn't say what it takes goes on to Seam.
 */
export function entranceErrors(
  entrances: readonly NamedEntrance[],
  acsSystemId: AcsSystemId,
  method: IssuableMethod,
): UserError[] {
  return entrances.flatMap(({ entrance, field }): UserError[] => {
    if (entrance.acsSystemId !== acsSystemId)
      return [
        {
          field,
          code: 'INVALID',
          message: `The entrance ${entrance.displayName} is not in the ACS system of the ACS user. Pass an entrance of that ACS system.`,
        },
      ]
    const canUnlock = method === 'code' ? entrance.canUnlockWithCode : entrance.canUnlockWithMobileKey
    if (canUnlock !== false) return []
    const methodName = method === 'code' ? 'a PIN' : 'a mobile key'
    return [
      {
        field,
        code: 'NOT_SUPPORTED_BY_LATCH',
        message: `The entrance ${entrance.displayName} cannot be unlocked with ${methodName}. Pass another entrance or issue another type of credential.`,
      },
    ]
  })
}
