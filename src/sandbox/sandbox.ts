import { type ActivityName, performActivity } from './activity/activities.ts'
import type { ActivityDetails } from './activity/activity-target.ts'
import { createDailyActivity } from './activity/daily-activity.ts'
import type { Building } from './building.ts'
import { createClock, createTimers } from './clock.ts'
import { type CallCounts, createCallCounter } from './http/call-counts.ts'
import { createFaults, type Fault } from './http/faults.ts'
import { closeServer, createSandboxServer, listen } from './http/server.ts'
import {
  createWebhookDeliveries,
  seamRetryDelaysMs,
  type WebhookDelivery,
} from './http/webhook-deliveries.ts'
import { scheduleExpiry } from './lifecycle/credentials.ts'
import { maxCredentialsPerResident } from './seed/acs-users.ts'
import { seedState } from './seed/seed.ts'
import { createFixedId, createSeededRandom } from './seeded-random.ts'
import type { SeamEvent } from './state/entities.ts'
import { createEventLog } from './state/event-log.ts'
import { createResponseViews } from './state/response-views.ts'
import { createState, listIds, type StateIds } from './state/state.ts'

/** The default API key. */
export const defaultApiKey = 'seam_bundled_building'

/** Delay of the first activity, short enough to be seen by an operator who has just started a subscription. */
const firstTurnMs = 2_000

/** Options of a sandbox, all with defaults. */
export type SandboxOptions = {
  /** 0, the default, selects a free port. */
  readonly port?: number
  /** 127.0.0.1 by default. */
  readonly host?: string
  readonly apiKey?: string
  /** Total numbers of ACS systems, entrances and residents. Default: 2, 40 and 100. */
  readonly systems?: number
  readonly doors?: number
  readonly residents?: number
  /** Number of credentials of each resident, from 1 to 3. Default: 3. */
  readonly credentials?: number
  /** Whether activity is simulated. Default: no. */
  readonly activity?: boolean
  /** Whether the activity waits for `begin`. Default: no. */
  readonly isWaiting?: boolean
  /** Interval between two activities. Default: 4 s. */
  readonly activityIntervalMs?: number
  /** How long Latch takes to issue credentials and apply changes. Default: 1.5 s; 0 applies them synchronously. */
  readonly issueDelayMs?: number
  /** How long deleted objects stay visible with `being_deleted`. Default: 0. */
  readonly deleteDelayMs?: number
  /** How long events are kept. Default: a week. */
  readonly eventRetentionMs?: number
  /** The delay before each delivery attempt. Default: Seam's eight delays. */
  readonly webhookRetryMs?: readonly number[]
  /** The current time, in milliseconds since 1970. Default: the system clock. */
  readonly now?: () => number
}

/** A running sandbox. */
export type Sandbox = AsyncDisposable & {
  /** The base URL of Seam's API, without a trailing slash. */
  readonly url: string
  readonly port: number
  readonly apiKey: string
  readonly workspaceId: string
  /** The number of calls by route since the start, or since `resetCalls`. */
  calls(): CallCounts
  resetCalls(): void
  /** Activates a fault. Throws a `ZodError` for an invalid one. */
  addFault(fault: Fault): void
  clearFaults(): void
  /** Starts the activity if it waits for this. */
  begin(): void
  /** Performs one activity now. Returns the ids of the objects concerned. */
  act(act: ActivityName, details?: ActivityDetails): Record<string, string>
  /** Records and delivers an event. Fills in missing base fields. */
  emit(event: Partial<SeamEvent>): SeamEvent
  /** The ids of all objects, oldest first. */
  ids(): StateIds
  /** The stored events, oldest first. */
  events(): readonly SeamEvent[]
  /** The delivery attempts, oldest first. */
  deliveries(): readonly WebhookDelivery[]
  close(): Promise<void>
}

/** Starts an HTTP server that simulates Seam's API for a workspace connected to Latch. Rejects if the port is in use. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const building = openBuilding(options)
  const { state, timers, events } = building
  const { apiKey = defaultApiKey } = options
  const scene = { building, dice: createSeededRandom('day') }
  const faults = createFaults(createSeededRandom('faults'))
  const calls = createCallCounter()
  const deliveries = createWebhookDeliveries(building, faults, options.webhookRetryMs ?? seamRetryDelaysMs)
  let url = ''
  const origin = (): string => url
  const views = createResponseViews(state, building.workspaceId, origin)
  const server = createSandboxServer({ scene, faults, calls, deliveries, building, views, apiKey, origin })
  const address = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1')
  url = address.url
  const turnMs = options.activityIntervalMs ?? 4_000
  const day = createDailyActivity(scene, turnMs)
  let hasBegun = options.activity !== true
  function begin(): void {
    if (hasBegun) return
    hasBegun = true
    timers.after(Math.min(firstTurnMs, turnMs), day.open)
    timers.every(turnMs, day.turn)
  }
  if (options.isWaiting !== true) begin()

  async function close(): Promise<void> {
    timers.stop()
    deliveries.stop()
    await closeServer(server)
  }

  return {
    ...address,
    apiKey,
    workspaceId: building.workspaceId,
    calls: calls.counts,
    resetCalls: calls.reset,
    addFault: faults.add,
    clearFaults: faults.clear,
    begin,
    act: (act, details) => performActivity(scene, act, details),
    emit: events.publish,
    ids: () => listIds(state),
    events: events.all,
    deliveries: deliveries.log,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function openBuilding(options: SandboxOptions): Building {
  const workspaceId = createFixedId('workspace', 0)
  const clock = createClock(options.now ?? Date.now)
  const retentionMs = options.eventRetentionMs ?? 7 * 24 * 3_600_000
  const building: Building = {
    workspaceId,
    state: createState(),
    events: createEventLog({ workspaceId, clock, retentionMs }),
    clock,
    timers: createTimers(),
    issueDelayMs: options.issueDelayMs ?? 1_500,
    deleteDelayMs: options.deleteDelayMs ?? 0,
  }
  const { systems = 2, doors = 40, residents = 100, credentials = maxCredentialsPerResident } = options
  seedState(building.state, { systems, doors, residents, credentials }, clock.nowMs())
  for (const { acs_credential_id } of building.state.credentials.all())
    scheduleExpiry(building, acs_credential_id)
  return building
}
