/**
 * Builds the page into dashboard/dist after an installation. Vite is a development dependency: an installation without it takes the
 * page from an earlier build, as the Dockerfile does.
 */
let vite
try {
  vite = await import('vite')
} catch {
  console.log('The dashboard is not built, because development dependencies are not installed.')
}
if (vite !== undefined)
  await vite.build({ configFile: new URL('vite.config.ts', import.meta.url).pathname, logLevel: 'warn' })
