import { randomUUID } from 'node:crypto'
import type { AcsSystemId } from '../../src/model/ids.ts'
import { takeEventNumbers } from '../harness/event-ids.ts'
import type { EventSubject, Gateway } from '../harness/gateway.ts'
import type { SandboxProcess } from '../harness/sandbox-process.ts'
import type { LatchkeyVariant, RequestHeaders, Variant } from './variants.ts'

const viewerCount = 100

/**
 * Returns a gateway with filled caches in different situations, in all of which it gives the same answer: one viewer, many viewers with equal
 * and with different access scopes, and a change before each request, of an unknown credential or of one in the answer.
 */
export async function createWarmVariants(
  latchkey: LatchkeyVariant,
  sandbox: SandboxProcess,
): Promise<readonly (readonly [name: string, variant: Variant])[]> {
  const { gateway } = latchkey
  const systems = await sandbox.list<{ acs_system_id: AcsSystemId }>('acs/systems/list', 'acs_systems')
  // All ACS systems, and one that does not exist.
  const toOwnScope = () => [...systems.map((system) => system.acs_system_id), randomUUID() as AcsSystemId]
  const credentials = await sandbox.list<EventSubject>('acs/credentials/list', 'acs_credentials')
  const publish = (subject?: EventSubject): Promise<void> =>
    gateway.publish(takeEventNumbers(1)[0] ?? 0, subject)
  let changes = 0
  return [
    ['latchkey, warm', latchkey],
    [
      `… ${viewerCount} viewers of equal access scope`,
      { ...latchkey, viewers: await createViewers(gateway, 'equal') },
    ],
    [
      `… ${viewerCount} viewers of different access scopes`,
      { ...latchkey, viewers: await createViewers(gateway, 'different', toOwnScope) },
    ],
    ['… another object changed since', { ...latchkey, beforeRequest: () => publish() }],
    [
      '… an object of the answer changed since',
      { ...latchkey, beforeRequest: () => publish(credentials[changes++ % credentials.length]) },
    ],
  ]
}

function createViewers(
  gateway: Gateway,
  name: string,
  toScope?: () => readonly AcsSystemId[],
): Promise<RequestHeaders[]> {
  const viewers = Array.from({ length: viewerCount }, async (_, index) => {
    const acsSystemIds = toScope?.()
    const key = { name: `${name} ${index}`, scopes: ['read', 'events'] as const }
    return { authorization: await gateway.authorize({ ...key, ...(acsSystemIds && { acsSystemIds }) }) }
  })
  return Promise.all(viewers)
}
