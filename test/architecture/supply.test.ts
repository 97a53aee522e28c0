import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

type Locked = {
  readonly version: string
  readonly integrity?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly os?: readonly string[]
}

const lockFile = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
/** By path. The project itself is left out. */
const locked = Object.entries(lockFile.packages).filter(([path]) => path !== '')

describe('dependencies', () => {
  it('should have an integrity hash for each package of every platform', () => {
    const withoutHash = locked
      .filter(([, { integrity, link }]) => link !== true && integrity === undefined)
      .map(([path]) => path)
    expect(withoutHash).toEqual([])
  })

  // Upper bounds with little room, so that a package that brings many others is noticed. CONTRIBUTING.md says what to do then.
  it('should be few', () => {
    // Of the packages with a binary, one per platform is installed.
    const installed = locked.filter(([, { os }]) => os === undefined)
    const inProduction = installed.filter(([, { dev, devOptional }]) => !dev && !devOptional)
    expect(installed.length).toBeLessThanOrEqual(360)
    expect(inProduction.length).toBeLessThanOrEqual(135)
  })

  it('should be installed in one version, except for small ones', () => {
    const versions = Map.groupBy(locked, ([path]) => path.replace(/^.*node_modules\//, ''))
    const repeated = [...versions].filter(
      ([, all]) => new Set(all.map(([, { version }]) => version)).size > 1,
    )
    expect(repeated.map(([name]) => name).sort()).toEqual([
      '@babel/runtime',
      '@emnapi/core',
      '@emnapi/runtime',
      '@emnapi/wasi-threads',
      '@napi-rs/wasm-runtime',
      '@whatwg-node/disposablestack',
      '@whatwg-node/promise-helpers',
      'js-tokens',
      'sonic-boom',
      'standardwebhooks',
      'tslib',
    ])
  })

  it('should be declared with exact versions', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    )
    expect(loose).toEqual([])
  })

  it.each(['Dockerfile', 'compose.yaml'])('should include the images of %s pinned by digest', (file) => {
    const images = [...read(file).matchAll(/^(?:FROM| *image:) +(\S+)/gm)].map(([, image = '']) => image)
    expect(images.length).toBeGreaterThan(0)
    const ours = /^latchkey/
    expect(images.filter((image) => !ours.test(image) && !/@sha256:[\da-f]{64}$/.test(image))).toEqual([])
  })
})
