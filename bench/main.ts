/** The benchmarks by name. A benchmark's module is loaded only when the benchmark runs. */
const benchmarks: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<number> }>>> =
  {
    reads: () => import('./reads/reads-benchmark.ts'),
    large: () => import('./large/large-benchmark.ts'),
    deliveries: () => import('./deliveries/run.ts'),
  }

const [name = '', ...args] = process.argv.slice(2)
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined
if (benchmark === undefined) {
  process.stderr.write(`Usage: npm run bench -- NAME. Benchmarks: ${Object.keys(benchmarks).join(', ')}.\n`)
  process.exitCode = 2
} else {
  process.exitCode = await (await benchmark()).run(args)
}
