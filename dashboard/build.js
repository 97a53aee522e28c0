/**
 * Builds the page into dashboard/dist after an installation. Vite is a development dependency: an installation without it takes the
 * page from an earlier build, as the Dockerfile does.
 */
import { fileURLToPath } from 'node:url'

let vite
try {
  vite = await import('vite')
} catch {
  console.log('The dashboard is not built, because development dependencies are not installed.')
}
if (vite !== undefined)
  await vite.build({
    configFile: fileURLToPath(new URL('vite.config.ts', import.meta.url)),
    logLevel: 'warn',
  })
