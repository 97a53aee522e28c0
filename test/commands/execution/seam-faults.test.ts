import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../src/sandbox/http/faults.ts'
import { type Answer, mutate } from '../../support/graph-mutations.ts'
import { startWorld } from '../../support/world.ts'
import {
  type Case,
  type Counts,
  cases,
  countEverything,
  diffCounts,
  findSystemWithEntrances,
  readFaults,
  writeFaults,
} from './fault-cases.ts'

const isWrite = (route: string) => /(create|update|delete|suspend|add_acs_user|remove_acs_user)$/.test(route)

/** A bulk step is not undone if Seam rejects one of its calls. */
const faultsFor = ({ isBulk }: Case) =>
  isBulk === true ? writeFaults.filter((fault) => !('status' in fault && fault.status === 400)) : writeFaults

const isDone = ({ payload }: Answer) => payload !== null && payload.userErrors.length === 0

/** The token is in the payload of the first request only. */
function withoutToken({ payload, error }: Answer): Answer {
  return { payload: payload && { ...payload, token: null }, error }
}

/** Starts a world for one case, so that cases can run concurrently. */
async function startTrial(testCase: Case) {
  const world = await startWorld({
    sandbox: { systems: 1, doors: 12, residents: 3 },
    timing: { seamTimeoutMs: 1_000, seamRetryMs: 10, settleMs: 1_000, sweepMs: 60_000 },
  })
  const setting = await findSystemWithEntrances(world)

  async function prepare() {
    const input = await testCase.input(world, { ...setting, tag: randomUUID().slice(0, 13) })
    return { input, before: await countEverything(world) }
  }

  /** Sweeps until no command is unfinished. */
  async function settle(): Promise<void> {
    while ((await world.app.sweep()) > 0) await delay(50)
  }

  async function withFault(fault: Fault, input: object): Promise<Answer> {
    world.sandbox.addFault(fault)
    try {
      return await mutate(world, testCase.mutation, input)
    } finally {
      world.sandbox.clearFaults()
    }
  }

  /** Runs the mutation without a fault. Returns the intended changes and the routes that it calls. */
  async function rehearse(): Promise<{ intended: Counts; routes: string[] }> {
    const { input, before } = await prepare()
    world.sandbox.resetCalls()
    const answer = await mutate(world, testCase.mutation, input)
    const routes = Object.keys(world.sandbox.calls().byRoute)
    expect(isDone(answer), JSON.stringify(answer)).toBe(true)
    return { intended: diffCounts(before, await countEverything(world)), routes }
  }

  async function tryWithoutIdempotencyKey(fault: Fault, intended: Counts, what: string): Promise<void> {
    const { input, before } = await prepare()
    const answer = await withFault(fault, input)
    await settle()
    const changes = diffCounts(before, await countEverything(world))
    if (isDone(answer)) expect(changes, what).toEqual(intended)
    else expect([{}, intended], `${what}: ${JSON.stringify(answer)}`).toContainEqual(changes)
    if (answer.payload?.userErrors.length) expect(changes, what).toEqual({})
    if (answer.error !== null) expect(answer.error.extensions.code, what).toMatch(/^SEAM_/)
  }

  async function tryWithRetry(fault: Fault, intended: Counts, what: string): Promise<void> {
    const { input, before } = await prepare()
    const inputWithKey = { ...input, idempotencyKey: randomUUID() }
    const first = await withFault(fault, inputWithKey)
    const second = await mutate(world, testCase.mutation, inputWithKey)
    const changes = diffCounts(before, await countEverything(world))
    if (first.error === null) expect(withoutToken(second), what).toEqual(withoutToken(first))
    else expect(isDone(second), `${what}: ${JSON.stringify([first, second])}`).toBe(true)
    expect(changes, `${what}: ${JSON.stringify([first, second])}`).toEqual(isDone(second) ? intended : {})
    await settle()
    expect(diffCounts(before, await countEverything(world)), what).toEqual(changes)
  }

  return {
    rehearse,
    tryWithoutIdempotencyKey,
    tryWithRetry,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

describe('faults at every call to Seam of every mutation', () => {
  it.concurrent.each(cases)(
    'should have exactly the intended effect, or none: $title',
    { timeout: 240_000 },
    async (testCase) => {
      await using trial = await startTrial(testCase)
      const { intended, routes } = await trial.rehearse()
      for (const route of routes)
        for (const fault of isWrite(route) ? faultsFor(testCase) : readFaults) {
          const what = `${testCase.title}, ${route}: ${JSON.stringify(fault)}`
          await trial.tryWithoutIdempotencyKey({ ...fault, route } as Fault, intended, what)
          await trial.tryWithRetry({ ...fault, route } as Fault, intended, what)
        }
    },
  )
})
