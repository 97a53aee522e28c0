import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { activityNames, performActivity } from '../activity/activities.ts'
import { type ActivityContext, activityDetailsSchema } from '../activity/activity-target.ts'
import { listIds } from '../state/state.ts'
import { createErrorEnvelope, SandboxApiError } from './api-error.ts'
import type { CallCounter } from './call-counts.ts'
import type { Faults } from './faults.ts'
import { parseParams } from './params.ts'
import { createJsonReply, type Reply, readBody, readJsonObject } from './replies.ts'
import type { WebhookDeliveries } from './webhook-deliveries.ts'

/** What the control API controls. */
export type ControlApiOptions = {
  readonly scene: ActivityContext
  readonly faults: Faults
  readonly calls: CallCounter
  readonly deliveries: WebhookDeliveries
}

/** The path prefix of the control API. */
export const controlPathPrefix = '/_sandbox/'

const actParams = activityDetailsSchema.extend({ act: z.enum(activityNames) })

type Command = (body: Record<string, unknown>) => Record<string, unknown>

/** Creates the control API, for scripts on this machine, without authentication. Requests of web pages and of other machines are refused. */
export function createControlApi(options: ControlApiOptions) {
  const { scene, faults, calls, deliveries } = options
  const { state, events } = scene.building

  const commands: Record<string, Command> = {
    'GET calls': () => calls.counts(),
    'DELETE calls': () => {
      calls.reset()
      return {}
    },
    'GET faults': () => ({ faults: faults.list() }),
    'POST faults': (body) => {
      faults.add(body)
      return {}
    },
    'DELETE faults': () => {
      faults.clear()
      return {}
    },
    'GET webhooks': () => ({ deliveries: deliveries.log() }),
    'GET state': () => ({ ...listIds(state) }),
    'POST act': (body) => {
      const { act, ...details } = parseParams(actParams, body)
      return performActivity(scene, act, details)
    },
    'POST emit': (body) => ({ event: events.publish(body) }),
  }

  return async (request: IncomingMessage, url: URL): Promise<Reply> => {
    try {
      requireLocalScript(request)
      const name = `${request.method} ${url.pathname.slice(controlPathPrefix.length)}`
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined
      if (command === undefined) {
        const known = Object.keys(commands).join(', ')
        throw new SandboxApiError(404, 'not_found', `There is no ${name} here. There are: ${known}.`)
      }
      return createJsonReply(200, { ...command(readJsonObject(await readBody(request))), ok: true })
    } catch (thrown) {
      const refusal = toApiError(thrown)
      return createJsonReply(refusal.status, createErrorEnvelope(refusal))
    }
  }
}

function requireLocalScript(request: IncomingMessage): void {
  const address = request.socket.remoteAddress ?? ''
  const isLocal = address === '::1' || /^(::ffff:)?127\./.test(address)
  if (isLocal && request.headers.origin === undefined) return
  throw new SandboxApiError(403, 'forbidden', 'The control API is for scripts on this machine only.')
}

function toApiError(thrown: unknown): SandboxApiError {
  if (thrown instanceof SandboxApiError) return thrown
  if (thrown instanceof z.ZodError) return new SandboxApiError(400, 'invalid_input', z.prettifyError(thrown))
  throw thrown
}
