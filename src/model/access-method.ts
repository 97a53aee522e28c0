import type { AcsCredential } from './entities.ts'

/** Latch's access methods, as the graph names them. `UNKNOWN` is any method that this version of Latchkey does not know. */
export type AccessMethod = 'CODE' | 'MOBILE_KEY' | 'CARD' | 'UNKNOWN'

const accessMethods: ReadonlyMap<string, AccessMethod> = new Map([
  ['code', 'CODE'],
  ['mobile_key', 'MOBILE_KEY'],
  ['card', 'CARD'],
])

/** Converts a credential's `access_method` in Seam to the graph's name. */
export function getAccessMethod(credential: Pick<AcsCredential, 'accessMethod'>): AccessMethod {
  return accessMethods.get(credential.accessMethod) ?? 'UNKNOWN'
}

/** Returns the access method whose text in Seam (`access_method`) meets the condition; `UNKNOWN` if none does. */
export function findAccessMethod(isMatch: (seamText: string) => boolean): AccessMethod {
  for (const [seamText, accessMethod] of accessMethods) if (isMatch(seamText)) return accessMethod
  return 'UNKNOWN'
}
