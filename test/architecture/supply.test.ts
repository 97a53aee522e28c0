import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

type Locked = { readonly integrity?: string; readonly link?: boolean; readonly hasInstallScript?: boolean }

describe('dependencies', () => {
  it('should have an integrity hash for each package of every platform', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
    const withoutHash = Object.entries(packages)
      .filter(([path, { integrity, link }]) => path !== '' && link !== true && integrity === undefined)
      .map(([path]) => path)
    expect(withoutHash).toEqual([])
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
