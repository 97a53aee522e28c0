import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { actNames, perform } from './acts/acts.ts'
import { actDetails, type Scene } from './acts/choose.ts'
import type { Calls } from './calls.ts'
import type { Faults } from './faults.ts'
import { json, type Reply, readBody, readJsonObject } from './http.ts'
import { checked } from './params.ts'
import { envelope, Refusal } from './refusal.ts'
import { idsOf } from './state.ts'
import type { Deliveries } from './webhooks.ts'

/** What the control API steers. */
export type ControlOptions = {
  readonly scene: Scene
  readonly faults: Faults
  readonly calls: Calls
  readonly deliveries: Deliveries
}

/** Where the control API is. */
export const controlPath = '/_sandbox/'

const actParams = actDetails.extend({ act: z.enum(actNames) })

type Command = (body: Record<string, unknown>) => Record<string, unknown>

/** The control API: for scripts on this machine, without a key. Browsers' pages and other machines are refused. */
export function createControl(options: ControlOptions) {
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
    'GET state': () => ({ ...idsOf(state) }),
    'POST act': (body) => {
      const { act, ...details } = checked(actParams, body)
      return perform(scene, act, details)
    },
    'POST emit': (body) => ({ event: events.publish(body) }),
  }

  return async (request: IncomingMessage, url: URL): Promise<Reply> => {
    try {
      refuseStrangers(request)
      const name = `${request.method} ${url.pathname.slice(controlPath.length)}`
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined
      if (command === undefined) {
        const known = Object.keys(commands).join(', ')
        throw new Refusal(404, 'not_found', `There is no ${name} here. There are: ${known}.`)
      }
      return json(200, { ...command(readJsonObject(await readBody(request))), ok: true })
    } catch (thrown) {
      const refusal = refusalOf(thrown)
      return json(refusal.status, envelope(refusal))
    }
  }
}

function refuseStrangers(request: IncomingMessage): void {
  const address = request.socket.remoteAddress ?? ''
  const isLocal = address === '::1' || /^(::ffff:)?127\./.test(address)
  if (isLocal && request.headers.origin === undefined) return
  throw new Refusal(403, 'forbidden', 'The control API is for scripts on this machine only.')
}

function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown
  if (thrown instanceof z.ZodError) return new Refusal(400, 'invalid_input', z.prettifyError(thrown))
  throw thrown
}
