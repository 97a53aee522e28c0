import { escapeXml } from './escape-xml.ts'
import type { Table } from './markdown-table.ts'

/** A benchmark and its table, whose second column is drawn. */
export type Panel = { readonly name: string; readonly table: Table }

const width = 760
const labelWidth = 330
const valueWidth = 70
const rowHeight = 22
const titleHeight = 34
const panelGap = 14

const style = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    .label { text-anchor: end }
    rect { fill: #8c959f }
    .latchkey { fill: #1a7f37 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      rect { fill: #6e7681 }
      .latchkey { fill: #3fb950 }
    }`

/** Draws a bar chart as SVG: one panel per benchmark, one bar per variant. Rows without a number are left out. */
export function drawChart(panels: readonly Panel[]): string {
  let top = 0
  const drawn = panels.map(({ name, table }) => {
    const bars = table.rows.flatMap(([label = '', cell = '']) => {
      const value = Number.parseFloat(cell)
      return Number.isFinite(value) ? [{ label, value }] : []
    })
    const panel = drawPanel(`${name}: ${table.head[1] ?? ''}`, bars, top)
    top += titleHeight + bars.length * rowHeight + panelGap
    return panel
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" role="img">
  <title>Results of the benchmarks</title>
  <style>${style}
  </style>
${drawn.join('\n')}
</svg>
`
}

type Bar = { readonly label: string; readonly value: number }

function drawPanel(title: string, bars: readonly Bar[], top: number): string {
  const longest = Math.max(...bars.map(({ value }) => value))
  const lines = bars.map(({ label, value }, index) => {
    const y = top + titleHeight + index * rowHeight
    const length = Math.max(1, (value / longest) * (width - labelWidth - valueWidth))
    // Rows that continue the name of the gateway's first row begin with an ellipsis.
    const kind = /^(latchkey|…)/.test(label) ? ' class="latchkey"' : ''
    return `  <text class="label" x="${labelWidth - 8}" y="${y + 14}">${escapeXml(label)}</text>
  <rect${kind} x="${labelWidth}" y="${y + 3}" width="${length.toFixed(1)}" height="${rowHeight - 8}" rx="2"/>
  <text x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 14}">${value}</text>`
  })
  return [`  <text class="title" x="0" y="${top + 22}">${escapeXml(title)}</text>`, ...lines].join('\n')
}
