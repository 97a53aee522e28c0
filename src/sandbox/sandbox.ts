import { type ActName, perform } from './acts/acts.ts'
import type { ActDetails } from './acts/choose.ts'
import type { Building } from './building.ts'
import { type CallCounts, createCalls } from './calls.ts'
import { createClock, createTimers } from './clock.ts'
import { createDay } from './day.ts'
import type { SeamEvent } from './entities.ts'
import { createEvents } from './events.ts'
import { createFaults, type Fault } from './faults.ts'
import { watchExpiry } from './life/credentials.ts'
import { createDice, fixedId } from './prng.ts'
import { seed } from './seed/seed.ts'
import { createSandboxServer, listen, shut } from './server.ts'
import { createState, idsOf, type StateIds } from './state.ts'
import { createViews } from './views.ts'
import { createDeliveries, type Delivery, seamRetryMs } from './webhooks.ts'

/** The API key of a building that was given none. */
export const defaultApiKey = 'seam_bundled_building'

/** How a building is to be; everything has a default. */
export type SandboxOptions = {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** 127.0.0.1 by default. */
  readonly host?: string
  readonly apiKey?: string
  /** How many buildings, doors and residents there are, in all: 2, 40 and 100 by default. */
  readonly systems?: number
  readonly doors?: number
  readonly residents?: number
  /** Whether things happen by themselves; not by default. */
  readonly activity?: boolean
  /** How long it is from one such thing to the next: 4 s by default. */
  readonly activityIntervalMs?: number
  /** How long Latch takes to issue and to take changes over: 1.5 s by default, 0 is at once. */
  readonly issueDelayMs?: number
  /** How long what is deleted stays visible as `being_deleted`: 0 by default. */
  readonly deleteDelayMs?: number
  /** How long events are kept: a week by default. */
  readonly eventRetentionMs?: number
  /** The wait before each attempt to deliver a webhook; Seam's eight by default. */
  readonly webhookRetryMs?: readonly number[]
  /** The time, in milliseconds since 1970; the computer's by default. */
  readonly now?: () => number
}

/** A running building. */
export type Sandbox = AsyncDisposable & {
  /** Seam's API, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly apiKey: string
  readonly workspaceId: string
  /** How often which route was called since the start, or since `resetCalls`. */
  calls(): CallCounts
  resetCalls(): void
  /** Makes something go wrong from now on. Throws a `ZodError` for a fault that makes no sense. */
  addFault(fault: Fault): void
  clearFaults(): void
  /** Lets one thing happen now; answers the ids of what it happened to. */
  act(act: ActName, details?: ActDetails): Record<string, string>
  /** Records and delivers any event; base fields that are missing are filled in. */
  emit(event: Partial<SeamEvent>): SeamEvent
  /** The ids of everything there is, oldest first. */
  ids(): StateIds
  /** The events that are kept, oldest first. */
  events(): readonly SeamEvent[]
  /** The attempts to deliver webhooks, oldest first. */
  deliveries(): readonly Delivery[]
  close(): Promise<void>
}

/** Starts a Latch building behind Seam's API. Rejects when the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const building = openBuilding(options)
  const { state, timers, events } = building
  const { apiKey = defaultApiKey } = options
  const scene = { building, dice: createDice('day') }
  const faults = createFaults(createDice('faults'))
  const calls = createCalls()
  const deliveries = createDeliveries(building, faults, options.webhookRetryMs ?? seamRetryMs)
  let url = ''
  const origin = (): string => url
  const views = createViews(state, building.workspaceId, origin)
  const server = createSandboxServer({ scene, faults, calls, deliveries, building, views, apiKey, origin })
  const at = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1')
  url = at.url
  const turnMs = options.activityIntervalMs ?? 4_000
  if (options.activity) timers.every(turnMs, createDay(scene, turnMs).turn)

  async function close(): Promise<void> {
    timers.stop()
    deliveries.stop()
    await shut(server)
  }

  return {
    ...at,
    apiKey,
    workspaceId: building.workspaceId,
    calls: calls.counts,
    resetCalls: calls.reset,
    addFault: faults.add,
    clearFaults: faults.clear,
    act: (act, details) => perform(scene, act, details),
    emit: events.publish,
    ids: () => idsOf(state),
    events: events.all,
    deliveries: deliveries.log,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function openBuilding(options: SandboxOptions): Building {
  const workspaceId = fixedId('workspace', 0)
  const clock = createClock(options.now ?? Date.now)
  const retentionMs = options.eventRetentionMs ?? 7 * 24 * 3_600_000
  const building: Building = {
    workspaceId,
    state: createState(),
    events: createEvents({ workspaceId, clock, retentionMs }),
    clock,
    timers: createTimers(),
    issueDelayMs: options.issueDelayMs ?? 1_500,
    deleteDelayMs: options.deleteDelayMs ?? 0,
  }
  const { systems = 2, doors = 40, residents = 100 } = options
  seed(building.state, { systems, doors, residents }, clock.nowMs())
  for (const { acs_credential_id } of building.state.credentials.all())
    watchExpiry(building, acs_credential_id)
  return building
}
