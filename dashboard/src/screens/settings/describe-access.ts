import type { Scope, SettingsApiKeyFragment } from '../../graph/generated/graphql.ts'
import type { Viewer } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'

/** The access scope of an API key in words. */
export function describeAccess(
  { acsSystemIds, acsUserId }: Pick<SettingsApiKeyFragment, 'acsSystemIds' | 'acsUserId'>,
  viewer: Viewer,
): string {
  if (acsUserId !== null) return texts.apiKeys.oneResident
  if (acsSystemIds === null) return texts.apiKeys.allBuildings
  return texts.apiKeys.buildings(acsSystemIds.map((id) => nameBuilding(id, viewer)))
}

/** Scopes with their names and descriptions, to choose from. */
export const toScopeOptions = (scopes: readonly Scope[]) =>
  scopes.map((id) => ({ id, name: texts.apiKeys.scopeNames[id], description: texts.apiKeys.scopeTexts[id] }))

/** The name of a building, which may not be connected any more. */
export function nameBuilding(id: string, { reach }: Viewer): string {
  return reach.acsSystems.find((system) => system.id === id)?.name ?? texts.apiKeys.disconnectedBuilding
}
