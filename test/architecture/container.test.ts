import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { startGatewayProcess } from '../support/gateway-process.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'latchkey-container-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The instructions of the Dockerfile by the name of their stage. The last stage has no name: its key is an empty text. */
const stages = new Map(
  readFileSync(join(root, 'Dockerfile'), 'utf8')
    .split(/^FROM /m)
    .slice(1)
    .map((stage) => {
      const [from = '', ...instructions] = stage.split('\n')
      return [/ AS (\S+)$/.exec(from)?.[1] ?? '', instructions] as const
    }),
)

/** Copies the files of a stage's COPY instructions, from the project or from stages that were copied before. Returns the folder. */
function copyFiles(stage: string): string {
  const target = join(folder, stage || 'image')
  mkdirSync(target, { recursive: true })
  for (const instruction of stages.get(stage) ?? []) {
    const [, from, words = ''] = /^COPY (?:--from=(\S+) )?(.+)$/.exec(instruction) ?? []
    const paths = words.split(' ')
    const destination = paths.pop() ?? ''
    const cwd = from === undefined ? root : join(folder, from)
    for (const path of globSync(
      paths.map((one) => one.replace('/app/', '')),
      { cwd },
    )) {
      const copy = destination === './' ? path : destination
      cpSync(join(cwd, path), join(target, copy), { recursive: true, verbatimSymlinks: true })
    }
  }
  return target
}

/** Links the packages that `npm ci --omit=dev` installs. */
function linkProductionPackages(target: string): void {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>
  }
  for (const [path, { dev, devOptional }] of Object.entries(packages)) {
    if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || dev || devOptional) continue
    mkdirSync(dirname(join(target, path)), { recursive: true })
    symlinkSync(join(root, path), join(target, path))
  }
}

it('should serve the graph and its pages with the files and packages of the image', async () => {
  linkProductionPackages(copyFiles('dependencies'))

  const dashboard = copyFiles('dashboard')
  rmSync(join(dashboard, 'dashboard/dist'), { recursive: true, force: true })
  symlinkSync(join(root, 'node_modules'), join(dashboard, 'node_modules'))
  expect(stages.get('dashboard')).toContain('RUN node dashboard/build.js')
  // Vite bundles React for development if this variable has any other value.
  const env = { ...process.env, NODE_ENV: 'production' }
  execFileSync(process.execPath, ['dashboard/build.js'], { cwd: dashboard, env, stdio: 'pipe' })

  const image = copyFiles('')
  const gateway = await startGatewayProcess({ NODE_ENV: 'production', PORT: '0', DATA_DIR: folder }, image)
  const get = async (path: string) => {
    const response = await fetch(new URL(path, gateway.url), { headers: { accept: 'text/html' } })
    expect(response.status, path).toBe(200)
    return response.text()
  }
  for (const page of [await get('/'), await get('/graphql')]) {
    const paths = [...page.matchAll(/<(?:script|link)[^>]* (?:src|href)="([^"]+\.(?:js|css))"/g)]
    expect(paths.length).toBeGreaterThan(1)
    for (const [, path = ''] of paths) await get(path)
  }
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ acsSystems { totalCount } }' }),
  })
  expect(await response.json()).toMatchObject({ data: { acsSystems: { totalCount: 2 } } })
  await gateway.kill()
})
