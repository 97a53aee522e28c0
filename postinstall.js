/**
 * Removes the C++ headers that come with the package `node`: 64 MB in 3,400 files, which only the compilation of native add-ons needs. The
 * project has none. Without the package, which is a development dependency, there is nothing to remove.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'

const platforms = new URL('node_modules/node/node_modules/', import.meta.url)
for (const name of existsSync(platforms) ? readdirSync(platforms) : [])
  rmSync(new URL(`${name}/include`, platforms), { recursive: true, force: true })
