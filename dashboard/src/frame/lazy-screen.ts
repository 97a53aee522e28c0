import { type ComponentType, type LazyExoticComponent, lazy } from 'react'

const loaders = new Set<() => Promise<unknown>>()

/** A screen whose code is loaded when it is shown for the first time, or by `loadAllScreens`. */
// biome-ignore lint/suspicious/noExplicitAny: as in the types of React, a component with any props.
export function lazyScreen<Component extends ComponentType<any>>(
  load: () => Promise<{ default: Component }>,
): LazyExoticComponent<Component> {
  loaders.add(load)
  return lazy(load)
}

/** Loads the code of all screens, so that they open at once, and also while the gateway cannot be reached. */
export function loadAllScreens(): void {
  for (const load of loaders) load().catch(() => undefined)
}
