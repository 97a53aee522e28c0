import type { Benchmark } from './harness/benchmark.ts'
import { UsageError } from './harness/options.ts'

/** The benchmarks by name. A benchmark's module is loaded only when the benchmark runs. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  reads: () => import('./reads/reads-benchmark.ts'),
  fanout: () => import('./fanout/fanout-benchmark.ts'),
  distinct: () => import('./distinct/distinct-benchmark.ts'),
  filters: () => import('./filters/filters-benchmark.ts'),
  resume: () => import('./resume/resume-benchmark.ts'),
  webhooks: () => import('./webhooks/webhooks-benchmark.ts'),
  ingest: () => import('./ingest/ingest-benchmark.ts'),
  large: () => import('./large/large-benchmark.ts'),
  frames: () => import('./frames/frames-benchmark.ts'),
  profile: () => import('./profile/profile-benchmark.ts'),
  soak: () => import('./soak/soak-benchmark.ts'),
}

/** Benchmarks that run only when they are named: `soak` takes half an hour, and `profile` has no table. */
const namedOnly: ReadonlySet<string> = new Set(['soak', 'profile'])

/** A stock server beside them would have more sockets than a usual limit of open files. */
const manySubscribers = ['fanout', '--subscribers', '8000', '--without-stock'] as const

/** Runs one benchmark, checks the counts of all (`--quick`), or runs all and writes their figures to docs/. */
async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    const { runAll } = await import('./report/run-all.ts')
    const names = Object.keys(benchmarks).filter((each) => !namedOnly.has(each))
    return runAll([...names.map((each) => [each] as const), manySubscribers])
  }
  if (name === '--quick' && args.length === 0)
    return (await import('./quick/check-counts.ts')).checkAll(benchmarks)
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined
  if (benchmark === undefined)
    throw new UsageError(`Names of benchmarks: ${Object.keys(benchmarks).join(', ')}`)
  return (await benchmark()).run(args)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(
    `${error.message}\n\nUsage: npm run bench [-- NAME [OPTIONS]], or npm run bench -- --quick\n`,
  )
  process.exitCode = 2
}
