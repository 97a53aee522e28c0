import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Lowest first (docs/design.md): a file imports only from lower layers and from its own folder, never from another folder of its layer. */
const layers = [
  ['src/model'],
  [
    'src/config',
    'src/observability',
    'src/redis',
    'src/runtime',
    'src/storage',
    'src/compile-cache.ts',
    'src/startup-error.ts',
  ],
  ['src/seam', 'src/journal', 'src/auth'],
  ['src/catalog'],
  ['src/commands', 'src/ingest', 'src/feed'],
  ['src/webhook-delivery'],
  ['schema'],
  ['src/http'],
  ['src/app.ts'],
  ['src/app-supervisor.ts'],
  [
    'src/main.ts',
    'src/gateway-process.ts',
    'src/startup-banner.ts',
    'src/bundled-building.ts',
    'src/cli.ts',
    'src/cli',
  ],
]
/** Separate programs, which use the gateway over HTTP only. */
const standalone = ['src/sandbox', 'dashboard', 'bench']
/** What the dashboard shares: the client library, and the pure rules of the residents' file, which the command line reads as well. */
const sharedWithDashboard = [
  'clients',
  'src/cli/import/columns.ts',
  'src/cli/import/csv-table.ts',
  'src/cli/import/duplicate-detection.ts',
  'src/model/time.ts',
]
const root = resolve(import.meta.dirname, '../..')

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(root, path)).isDirectory()) return filesBelow(path)
    return /\.tsx?$/.test(path) ? [path] : []
  })
}

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8')
  const specifiers = [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    (match) => match[1] ?? '',
  )
  return specifiers.map((specifier) => relative(root, resolve(root, dirname(file), specifier)))
}

const isIn = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`)
const layerOf = (file: string) => {
  const layer = layers.findIndex((places) => places.some((place) => isIn(file, place)))
  return { layer, place: layers[layer]?.find((place) => isIn(file, place)) }
}

describe('imports', () => {
  const files = [...filesBelow('src'), ...filesBelow('schema'), ...filesBelow('dashboard/src')]
  const standaloneFiles = files.filter((file) => standalone.some((folder) => isIn(file, folder)))
  const layered = files.filter((file) => !standaloneFiles.includes(file))

  it('should be in files that each have a layer', () => {
    expect(layered.filter((file) => layerOf(file).layer < 0)).toEqual([])
  })

  it('should come only from lower layers or from the own folder', () => {
    const wrong = layered.flatMap((file) =>
      importsOf(file)
        .filter((target) => {
          const from = layerOf(file)
          const to = layerOf(target)
          if (from.layer === to.layer) return from.place !== to.place && !isOneUnit(from.layer)
          return to.layer < 0 || to.layer > from.layer
        })
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('should form no circle, including imports of types', () => {
    expect(findCircles(files)).toEqual([])
  })

  it('should stay within a standalone program', () => {
    const wrong = standaloneFiles.flatMap((file) =>
      importsOf(file)
        .filter(
          (target) =>
            !(isIn(file, 'dashboard') && sharedWithDashboard.some((place) => isIn(target, place))) &&
            !standalone.some((folder) => isIn(file, folder) && isIn(target, folder)),
        )
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })
})

/** The folders of the second and of the top layer may import each other: each layer is one unit. */
function isOneUnit(layer: number): boolean {
  return layer === layers.length - 1 || layer === 1
}

/** Returns each circle as a path that ends with its first file. */
function findCircles(files: readonly string[]): readonly string[] {
  const visited = new Set<string>()
  const circles: string[] = []
  function visit(file: string, path: readonly string[]): void {
    const start = path.indexOf(file)
    if (start >= 0) circles.push([...path.slice(start), file].join(' → '))
    if (start >= 0 || visited.has(file)) return
    visited.add(file)
    for (const target of importsOf(file)) if (files.includes(target)) visit(target, [...path, file])
  }
  for (const file of files) visit(file, [])
  return circles
}
