import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { formatNumber } from '../harness/statistics.ts'
import { drawChart } from './chart.ts'
import { parseTable } from './markdown-table.ts'

const resultsFile = 'docs/performance-results.md'
const chartFile = 'docs/images/performance.svg'

/** Name of a benchmark and its options. */
type Command = readonly [name: string, ...options: string[]]

/** Output of a benchmark that has run in its own process. */
type Output = { readonly command: Command; readonly text: string; readonly exitCode: number }

/**
 * Runs benchmarks one after the other, and writes their tables and a chart to docs/. Resolves to 1 if one of them failed, else to 0.
 */
export async function runAll(commands: readonly Command[]): Promise<number> {
  const outputs: Output[] = []
  for (const command of commands) outputs.push(await runBenchmark(command))
  await writeFile(resultsFile, formatResults(outputs))
  const panels = outputs.flatMap(({ command, text }) => {
    const table = parseTable(text)
    return table === null ? [] : [{ name: command.join(' '), table }]
  })
  await writeFile(chartFile, drawChart(panels))
  process.stdout.write(`\nWritten: ${resultsFile}, ${chartFile}\n`)
  return outputs.every(({ exitCode }) => exitCode === 0) ? 0 : 1
}

async function runBenchmark(command: Command): Promise<Output> {
  process.stdout.write(`\n## ${command.join(' ')}\n\n`)
  const child = spawn(process.execPath, ['bench/main.ts', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  let text = ''
  for await (const chunk of child.stdout) {
    process.stdout.write(chunk)
    text += String(chunk)
  }
  const [exitCode] = (await closed) as [number | null]
  return { command, text, exitCode: exitCode ?? 1 }
}

function formatResults(outputs: readonly Output[]): string {
  const date = new Date().toISOString().slice(0, 10)
  const load = loadavg().map(formatNumber).join(', ')
  const sections = outputs.map(({ command, text, exitCode }) => {
    const failure = exitCode === 0 ? '' : `\n\n**Ended with exit code ${exitCode}.**`
    return `## ${command.join(' ')}\n\n${text.trim()}${failure}\n`
  })
  return `# Measured performance

Written by \`npm run bench\` on ${date}, with Node.js ${process.version} on ${availableParallelism()} cores. Load average at the end: ${load}. [Performance](performance.md)
says what is measured and how. Each title is the command: \`npm run bench -- …\`. A cell contains the median of the rounds and, in brackets, the quartiles.

${sections.join('\n')}`
}
