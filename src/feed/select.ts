import { reachesEverything } from '../auth/reach.ts'
import type { Viewer } from '../auth/viewer.ts'
import { all, andThen } from '../catalog/answer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Change } from '../model/change.ts'

/** Which changes somebody wants, and who that is. */
export type Selection = {
  readonly viewer: Viewer
  wants(change: Change): boolean
  /** True when `wants` looks at whose a change is; those whose owner isn't known are then looked up first. */
  readonly needsOwners?: boolean
}

/** Those changes that are wanted and within the viewer's reach, with their owners as far as they had to be known. */
export async function select(
  { viewer, wants, needsOwners }: Selection,
  catalog: Pick<Catalog, 'locate' | 'sees'>,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const looksAtOwners = needsOwners === true || !reachesEverything(viewer.reach)
  const located = looksAtOwners ? await all(changes.map((change) => catalog.locate(change))) : changes
  const answers = located
    .filter(wants)
    .map((change) => andThen(catalog.sees(viewer.reach, change), (sees) => (sees ? change : null)))
  return (await all(answers)).filter((change) => change !== null)
}
