import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Lowest first (docs/design.md): a file imports only from lower floors, from its own folder, and never from a sibling folder. */
const floors = [
  ['src/model'],
  ['src/config.ts', 'src/config-names.ts', 'src/cost.ts', 'src/log.ts', 'src/metrics.ts', 'src/redis.ts'],
  ['src/seam', 'src/journal', 'src/auth'],
  ['src/catalog'],
  ['src/commands', 'src/ingest', 'src/feed'],
  ['src/webhooks'],
  ['schema'],
  ['src/http'],
  ['src/workspace.ts'],
  ['src/app.ts'],
  ['src/run.ts'],
  ['src/main.ts', 'src/banner.ts', 'src/bundled.ts', 'src/cli.ts', 'src/cli'],
]
/** Talks to the rest over HTTP only. */
const annexes = ['src/sandbox', 'dashboard', 'bench']
const root = resolve(import.meta.dirname, '../..')

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(root, path)).isDirectory()) return filesBelow(path)
    return path.endsWith('.ts') ? [path] : []
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
const placeOf = (file: string) => {
  const floor = floors.findIndex((places) => places.some((place) => isIn(file, place)))
  return { floor, place: floors[floor]?.find((place) => isIn(file, place)) }
}

describe('the floors of the building', () => {
  const files = [...filesBelow('src'), ...filesBelow('schema')]
  const annexFiles = files.filter((file) => annexes.some((annex) => isIn(file, annex)))
  const housed = files.filter((file) => !annexFiles.includes(file))

  it('should give every file a floor', () => {
    expect(housed.filter((file) => placeOf(file).floor < 0)).toEqual([])
  })

  it('should let a file import only from below, or from its own room', () => {
    const wrong = housed.flatMap((file) =>
      importsOf(file)
        .filter((target) => {
          const from = placeOf(file)
          const to = placeOf(target)
          if (from.floor === to.floor) return from.place !== to.place && !isTopFloor(from.floor)
          return to.floor < 0 || to.floor > from.floor
        })
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('should let an annex import nothing but itself', () => {
    const wrong = annexFiles.flatMap((file) =>
      importsOf(file)
        .filter((target) => !annexes.some((annex) => isIn(file, annex) && isIn(target, annex)))
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })
})

/** On the ground and on the top floor the files are parts of one thing. */
function isTopFloor(floor: number): boolean {
  return floor === floors.length - 1 || floor === 1
}
