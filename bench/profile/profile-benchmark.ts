import { writeFile } from 'node:fs/promises'
import { takeEventNumbers } from '../harness/event-ids.ts'
import { readOptions } from '../harness/options.ts'
import { startSandboxProcess } from '../harness/sandbox-process.ts'
import { subscribe, watchQuery } from '../harness/subscribers.ts'
import type { CpuProfile } from '../harness/usage-reporter.ts'
import { generateLoad } from '../reads/load-generator.ts'
import { startLatchkey } from '../reads/variants.ts'
import { drawFlameGraph } from './flame-graph.ts'

/** Draws where the gateway's CPU time goes as flame graphs in docs/images: executed queries, and changes to subscribers of many operations. */
export async function run(args: readonly string[]): Promise<number> {
  const { seconds, subscribers, changes } = readOptions(args, { seconds: 5, subscribers: 500, changes: 40 })
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents: 100, entrances: 40, latencyMs: 0 })
  stack.defer(sandbox.stop)
  const latchkey = await startLatchkey(sandbox)
  stack.defer(latchkey.stop)
  const { gateway } = latchkey

  // A change before each request, so that every query is executed.
  const changing = {
    ...latchkey,
    beforeRequest: () => gateway.publish(takeEventNumbers(1)[0] ?? 0),
  }
  await generateLoad(changing, 2, 1)
  const reads = await gateway.profile(() => generateLoad(changing, 2, seconds))
  await writeGraph(
    'flame-reads',
    'A query of ACS users, their credentials and entrances after each change',
    reads,
  )

  const payloads = Array.from({ length: subscribers }, (_, index) => ({
    query: watchQuery.replace('subjectId', `subject${index}: subjectId`),
  }))
  const watching = await subscribe(gateway, payloads)
  const deliver = async (count: number): Promise<void> => {
    for (const eventNumber of takeEventNumbers(count))
      await Promise.all([gateway.publish(eventNumber), watching.receive(subscribers)])
  }
  await deliver(10)
  const delivery = await gateway.profile(() => deliver(changes))
  await watching.close()
  await writeGraph(
    'flame-distinct',
    `Changes to ${subscribers} subscribers of ${subscribers} different operations`,
    delivery,
  )
  return 0
}

async function writeGraph(name: string, title: string, profile: CpuProfile): Promise<void> {
  const file = `docs/images/${name}.svg`
  await writeFile(file, drawFlameGraph(title, profile))
  process.stdout.write(`${file}: ${profile.samples.length} samples\n`)
}
