import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Caches compiled code on disk, so that later starts take about 40 % less CPU time. Call it before other modules are imported. The
 * folder is inside the installation, because anybody who can write to it controls the code that is executed. If it is not
 * writable, nothing is cached.
 */
export function useCompileCache(): void {
  const folder = fileURLToPath(new URL('../node_modules/.cache/latchkey', import.meta.url))
  enableCompileCache(folder)
  // The bundled building's process reads this variable.
  process.env.NODE_COMPILE_CACHE ??= folder
}
