import { reachesEverything } from '../auth/reach.ts'
import type { Viewer } from '../auth/viewer.ts'
import { all, andThen } from '../catalog/answer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Answer } from '../catalog/view.ts'
import type { Change } from '../model/change.ts'

/** Which changes somebody wants, and who that is. */
export type Selection = {
  readonly viewer: Viewer
  wants(change: Change): boolean
  /** True when `wants` looks at whose a change is; those whose owner isn't known are then looked up first. */
  readonly needsOwners?: boolean
}

/**
 * Whether a viewer is told of a change: it's within their reach, and about something that their graph has. To partners a connection is what
 * becomes of a system; accounts and logins are not in their graph.
 */
export function isTold(
  { reach, graph }: Viewer,
  catalog: Pick<Catalog, 'sees'>,
  change: Change,
): Answer<boolean> {
  const isOthers = graph === 'partner' && change.subject === 'CONNECTION' && change.acsSystemId === null
  return isOthers ? false : catalog.sees(reach, change)
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
    .map((change) => andThen(isTold(viewer, catalog, change), (told) => (told ? change : null)))
  return (await all(answers)).filter((change) => change !== null)
}
