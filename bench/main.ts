/** What can be measured, each with what it takes to run it. */
const benchmarks: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<number> }>>> =
  {
    reads: () => import('./reads/reads-benchmark.ts'),
    deliveries: () => import('./deliveries/run.ts'),
  }

const [name = '', ...args] = process.argv.slice(2)
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined
if (benchmark === undefined) {
  process.stderr.write(`npm run bench -- NAME. There are: ${Object.keys(benchmarks).join(', ')}.\n`)
  process.exitCode = 2
} else {
  process.exitCode = await (await benchmark()).run(args)
}
