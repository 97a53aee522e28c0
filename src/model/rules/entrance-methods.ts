import type { AcsEntrance } from '../entities.ts'
import type { AcsSystemId } from '../ids.ts'
import type { UserError } from '../user-error.ts'

/** Latch's access methods that can be issued through Seam. */
export type IssuableMethod = 'code' | 'mobile_key'

/** An entrance that an input names, and its path in the input. */
export type NamedEntrance = { readonly entrance: AcsEntrance; readonly field: readonly string[] }

/**
 * Returns the reasons why one credential cannot unlock these entrances: each must be in the ACS user's ACS system and support the access
 * method. If Seam does not report whether an entrance supports the method, Seam itself decides.
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
