import type { CpuProfile } from '../harness/usage-reporter.ts'
import { escapeXml } from '../report/escape-xml.ts'

/** Calls of one function from one caller: the samples in it and in what it called. */
type Frame = FrameName & { samples: number; readonly callees: Map<string, Frame> }
type FrameName = { readonly name: string; readonly kind: 'latchkey' | 'package' | 'node' }

const width = 1_200
const rowHeight = 16
const titleHeight = 30
const fontWidth = 6.2
/** Frames that are narrower are left out. */
const minWidth = 1.5
/** Frames of V8's profiler in which the process does nothing, or that are not JavaScript. */
const notWork: ReadonlySet<string> = new Set(['(idle)', '(program)'])

const style = `
    text { font: 11px ui-monospace, monospace; fill: #1f2328 }
    .title { font: 600 14px system-ui, sans-serif }
    rect { stroke: #ffffff; stroke-width: 0.5 }
    .latchkey { fill: #7ddf95 }
    .package { fill: #9ec5fe }
    .node { fill: #d0d7de }
    @media (prefers-color-scheme: dark) { .title { fill: #e6edf3 } rect { stroke: #0d1117 } }`

/**
 * Draws a CPU profile as a flame graph in SVG: callers above, the width of a frame is its share of the samples. The time in which the process was
 * idle is left out.
 */
export function drawFlameGraph(title: string, profile: CpuProfile): string {
  const root = buildCallTree(profile)
  const lines: string[] = []
  const scale = width / root.samples
  let depth = 0
  function draw(frame: Frame, x: number, level: number): void {
    const frameWidth = frame.samples * scale
    if (frameWidth < minWidth) return
    depth = Math.max(depth, level + 1)
    const y = titleHeight + level * rowHeight
    const label = frame.name.slice(0, Math.max(0, Math.floor((frameWidth - 4) / fontWidth)))
    const share = ((100 * frame.samples) / root.samples).toFixed(1)
    const text =
      label.length < 2 ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escapeXml(label)}</text>`
    lines.push(
      `  <g><title>${escapeXml(frame.name)}: ${share} %</title><rect class="${frame.kind}" x="${x.toFixed(1)}" y="${y}" width="${frameWidth.toFixed(1)}" height="${rowHeight}"/>${text}</g>`,
    )
    let left = x
    for (const callee of [...frame.callees.values()].sort((a, b) => b.samples - a.samples)) {
      draw(callee, left, level + 1)
      left += callee.samples * scale
    }
  }
  draw(root, 0, 0)
  const height = titleHeight + depth * rowHeight
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
  <title>${escapeXml(title)}</title>
  <style>${style}
  </style>
  <text class="title" x="0" y="19">${escapeXml(title)}</text>
${lines.join('\n')}
</svg>
`
}

/** Merges the profile's nodes by function, and counts their samples. */
function buildCallTree({ nodes, samples }: CpuProfile): Frame {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const nodeById = new Map(nodes.map((node) => [node.id, node]))
  const counts = new Map<number, number>()
  for (const id of samples) counts.set(id, (counts.get(id) ?? 0) + 1)
  const root: Frame = { name: 'all', kind: 'node', samples: 0, callees: new Map() }
  for (const [id, count] of counts) {
    const path: FrameName[] = []
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = nodeById.get(at)?.callFrame
      if (frame === undefined || frame.functionName === '(root)') continue
      const name = nameOf(frame)
      if (name.name !== path[0]?.name) path.unshift(name)
    }
    if (path[0] === undefined || notWork.has(path[0].name)) continue
    addSamples(root, path, count)
  }
  return root
}

function addSamples(root: Frame, path: readonly FrameName[], count: number): void {
  root.samples += count
  let frame = root
  for (const { name, kind } of path) {
    const callee: Frame = frame.callees.get(name) ?? { name, kind, samples: 0, callees: new Map() }
    frame.callees.set(name, callee)
    callee.samples += count
    frame = callee
  }
}

/**
 * Returns the name of a frame: a function of the gateway with its file, a package, a module of Node, or a function of V8. Packages and modules are
 * not divided into functions, and calls within them are one frame.
 */
function nameOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): FrameName {
  const name = functionName === '' ? '(anonymous)' : functionName
  const packageName = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (packageName !== undefined) return { name: packageName, kind: 'package' }
  const file = /\/((?:src|schema)\/[^?]+)$/.exec(url)?.[1]
  if (file !== undefined) return { name: `${name} ${file}`, kind: 'latchkey' }
  return { name: /^node:[^?]+/.exec(url)?.[0] ?? name, kind: 'node' }
}
