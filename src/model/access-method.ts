import type { AcsCredential } from './entities.ts'

/** The access methods of Latch, as the graph names them. `UNKNOWN` stands for a method that this version does not know. */
export type AccessMethod = 'CODE' | 'MOBILE_KEY' | 'CARD' | 'UNKNOWN'

const accessMethods: ReadonlyMap<string, AccessMethod> = new Map([
  ['code', 'CODE'],
  ['mobile_key', 'MOBILE_KEY'],
  ['card', 'CARD'],
])

/** Converts Seam's `access_method` of a credential. */
export function getAccessMethod(credential: Pick<AcsCredential, 'accessMethod'>): AccessMethod {
  return accessMethods.get(credential.accessMethod) ?? 'UNKNOWN'
}
