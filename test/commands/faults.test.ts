import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/sandbox/faults.ts'
import { type Answer, mutate } from '../support/mutations.ts'
import { startWorld } from '../support/world.ts'
import {
  type Case,
  cases,
  difference,
  type Figures,
  figuresOf,
  placeIn,
  readFaults,
  writeFaults,
} from './fault-cases.ts'

const isWrite = (route: string) => /(create|update|delete|suspend|add_acs_user|remove_acs_user)$/.test(route)

/** What is done to many things in turn isn't undone when Seam refuses one of them. */
const faultsFor = ({ isManyAtOnce }: Case) =>
  isManyAtOnce === true
    ? writeFaults.filter((fault) => !('status' in fault && fault.status === 400))
    : writeFaults

const isDone = ({ payload }: Answer) => payload !== null && payload.userErrors.length === 0

/** A token is given only once. */
function withoutToken({ payload, error }: Answer): Answer {
  return { payload: payload && { ...payload, token: null }, error }
}

/** One mutation, tried in a world of its own, so that many can be tried at a time. */
async function trial(one: Case) {
  const world = await startWorld({
    sandbox: { systems: 1, doors: 12, residents: 3 },
    timing: { seamTimeoutMs: 1_000, seamRetryMs: 10, settleMs: 1_000, sweepMs: 60_000 },
  })
  const place = await placeIn(world)

  async function prepared() {
    const input = await one.input(world, { ...place, tag: randomUUID().slice(0, 13) })
    return { input, before: await figuresOf(world) }
  }

  /** Everything that was left is gone on with until nothing is. */
  async function settle(): Promise<void> {
    while ((await world.app.sweep()) > 0) await delay(50)
  }

  async function withFault(fault: Fault, input: object): Promise<Answer> {
    world.sandbox.addFault(fault)
    try {
      return await mutate(world, one.mutation, input)
    } finally {
      world.sandbox.clearFaults()
    }
  }

  /** What it's to change, and which routes it calls. */
  async function rehearse(): Promise<{ intended: Figures; routes: string[] }> {
    const { input, before } = await prepared()
    world.sandbox.resetCalls()
    const answer = await mutate(world, one.mutation, input)
    const routes = Object.keys(world.sandbox.calls().byRoute)
    expect(isDone(answer), JSON.stringify(answer)).toBe(true)
    return { intended: difference(before, await figuresOf(world)), routes }
  }

  async function tryKeyless(fault: Fault, intended: Figures, what: string): Promise<void> {
    const { input, before } = await prepared()
    const answer = await withFault(fault, input)
    await settle()
    const found = difference(before, await figuresOf(world))
    if (isDone(answer)) expect(found, what).toEqual(intended)
    else expect([{}, intended], `${what}: ${JSON.stringify(answer)}`).toContainEqual(found)
    if (answer.payload?.userErrors.length) expect(found, what).toEqual({})
    if (answer.error !== null) expect(answer.error.extensions.code, what).toMatch(/^SEAM_/)
  }

  async function tryAgain(fault: Fault, intended: Figures, what: string): Promise<void> {
    const { input, before } = await prepared()
    const keyed = { ...input, idempotencyKey: randomUUID() }
    const first = await withFault(fault, keyed)
    const second = await mutate(world, one.mutation, keyed)
    const found = difference(before, await figuresOf(world))
    if (first.error === null) expect(withoutToken(second), what).toEqual(withoutToken(first))
    else expect(isDone(second), `${what}: ${JSON.stringify([first, second])}`).toBe(true)
    expect(found, `${what}: ${JSON.stringify([first, second])}`).toEqual(isDone(second) ? intended : {})
    await settle()
    expect(difference(before, await figuresOf(world)), what).toEqual(found)
  }

  return { rehearse, tryKeyless, tryAgain, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

describe('faults at every call to Seam of every mutation', () => {
  it.concurrent.each(cases)(
    'should leave exactly what was meant, or nothing: $title',
    { timeout: 240_000 },
    async (one) => {
      await using tried = await trial(one)
      const { intended, routes } = await tried.rehearse()
      for (const route of routes)
        for (const fault of isWrite(route) ? faultsFor(one) : readFaults) {
          const what = `${one.title}, ${route}: ${JSON.stringify(fault)}`
          await tried.tryKeyless({ ...fault, route } as Fault, intended, what)
          await tried.tryAgain({ ...fault, route } as Fault, intended, what)
        }
    },
  )
})
