import type { CountCheck } from '../harness/benchmark.ts'
import { takeEventNumbers } from '../harness/event-ids.ts'
import type { Gateway } from '../harness/gateway.ts'
import { readOptions } from '../harness/options.ts'
import type { SandboxProcess } from '../harness/sandbox-process.ts'
import { formatSpread, formatTable, ratiosTo } from '../harness/statistics.ts'
import { countLosses, type Receipt, subscribe, watchQuery } from '../harness/subscribers.ts'
import { withGateway } from '../harness/with-gateway.ts'

type Round = {
  /** Time until all sockets were connected and had received everything. */
  readonly ms: number
  readonly cpuMicros: number
  readonly seamCalls: number
  /** Sockets that missed a change or received it twice. */
  readonly wrong: number
}

/**
 * Kills a gateway directly after it has accepted changes, starts it again, and lets all sockets resume from their last cursors; beside a
 * restarted gateway to which the same number of sockets connect without a cursor. Returns exit code 1 if a socket missed a change or received
 * it twice, or if resuming made a call to Seam.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { sockets, changes, rounds } = readOptions(args, { sockets: 3_000, changes: 20, rounds: 5 })
  return withGateway(async (gateway, sandbox) => {
    const connected: Round[] = []
    const resumed: Round[] = []
    for (let round = 0; round < rounds; round++) {
      const resume = async () => resumed.push(await measureResume(gateway, sandbox, sockets, changes))
      const connect = async () => connected.push(await measureConnections(gateway, sandbox, sockets))
      for (const action of round % 2 === 0 ? [resume, connect] : [connect, resume]) await action()
    }
    const total = (figure: keyof Round): number => resumed.reduce((sum, round) => sum + round[figure], 0)
    const [wrong, seamCalls] = [total('wrong'), total('seamCalls')]
    process.stdout.write(
      `${sockets} sockets, ${changes} changes before the gateway was killed, ${wrong} sockets with lost or repeated changes, ${seamCalls} calls to Seam\n\n`,
    )
    process.stdout.write(`${formatRounds(connected, resumed)}\n`)
    return wrong + seamCalls === 0 ? 0 : 1
  })
}

function formatRounds(connected: readonly Round[], resumed: readonly Round[]): string {
  const head = [
    'variant',
    'CPU beside connecting',
    'time beside connecting',
    'CPU µs per socket',
    'ms until all are complete',
  ]
  const cpuOf = ({ cpuMicros }: Round): number => cpuMicros
  const msOf = ({ ms }: Round): number => ms
  const toRow = (name: string, rounds: readonly Round[]): string[] => [
    name,
    formatSpread(ratiosTo(connected, rounds, cpuOf)),
    formatSpread(ratiosTo(connected, rounds, msOf)),
    formatSpread(rounds.map(cpuOf)),
    formatSpread(rounds.map(msOf)),
  ]
  return formatTable(head, [
    toRow('connect without a cursor', connected),
    toRow('resume from a cursor', resumed),
  ])
}

async function measureResume(
  gateway: Gateway,
  sandbox: SandboxProcess,
  sockets: number,
  changes: number,
): Promise<Round> {
  const payload = { query: watchQuery }
  const before = await subscribe(
    gateway,
    Array.from({ length: sockets }, () => payload),
  )
  const eventNumbers = takeEventNumbers(changes)
  await Promise.all(eventNumbers.map((eventNumber) => gateway.publish(eventNumber)))
  // Some of the accepted changes have reached some of the sockets.
  await gateway.killAndRestart()
  await before.close()
  const payloads = before.receipts.map(({ cursor }) => ({ ...payload, extensions: { after: cursor } }))
  const missing = sockets * changes - before.receipts.reduce((sum, { count }) => sum + count, 0)
  let wrong = 0
  const round = await measure(gateway, sandbox, sockets, async () => {
    const after = await subscribe(gateway, payloads)
    const received = after.receipts.reduce((sum, { count }) => sum + count, 0)
    await after.receive(Math.max(0, missing - received))
    return async () => {
      await after.close()
      const receipts = after.receipts.map((receipt, index) => addReceipts(before.receipts[index], receipt))
      const { lost, repeated } = countLosses(receipts, eventNumbers)
      wrong = lost + repeated
    }
  })
  return { ...round, wrong }
}

async function measureConnections(
  gateway: Gateway,
  sandbox: SandboxProcess,
  sockets: number,
): Promise<Round> {
  await gateway.killAndRestart()
  return measure(gateway, sandbox, sockets, async () => {
    const payloads = Array.from({ length: sockets }, () => ({ query: watchQuery }))
    const subscribers = await subscribe(gateway, payloads)
    return subscribers.close
  })
}

/** Measures an action of a gateway that has just started. `action` resolves to a function that closes its sockets. */
async function measure(
  gateway: Gateway,
  sandbox: SandboxProcess,
  sockets: number,
  action: () => Promise<() => Promise<void>>,
): Promise<Round> {
  // The gateway calls Seam at its start. These calls do not belong to the action.
  await sandbox.waitForQuiet()
  const cpuBefore = await gateway.cpuMicros()
  const startedAt = performance.now()
  const close = await action()
  const ms = performance.now() - startedAt
  const cpuMicros = ((await gateway.cpuMicros()) - cpuBefore) / sockets
  const seamCalls = await sandbox.takeCallCount()
  await close()
  return { ms, cpuMicros, seamCalls, wrong: 0 }
}

function addReceipts(first: Receipt | undefined, second: Receipt): Receipt {
  return { ...second, count: (first?.count ?? 0) + second.count, sum: (first?.sum ?? 0) + second.sum }
}

export function checkCounts(): Promise<readonly CountCheck[]> {
  return withGateway(async (gateway, sandbox) => {
    const { wrong, seamCalls } = await measureResume(gateway, sandbox, 50, 20)
    return [
      { what: 'sockets that missed a change or received it twice', counted: wrong, expected: 0 },
      { what: 'calls to Seam while sockets resume', counted: seamCalls, expected: 0 },
    ]
  })
}
