import { hash } from 'node:crypto'
import type { Viewer } from '../auth/viewer.ts'

/** Where a viewer's idempotency key is kept: another viewer's same words are another key. */
export function slotPlace(viewer: Viewer, idempotencyKey: string): string {
  const owner = viewer.keyId ?? `name ${viewer.name}`
  return hash('sha256', JSON.stringify([owner, idempotencyKey]))
}

/** A text that's the same for the same command with the same input, whatever the order of its fields; not readable back. */
export function fingerprintOf(command: string, input: object): string {
  const { idempotencyKey: _key, ...rest } = input as Record<string, unknown>
  return hash('sha256', JSON.stringify([command, canonical(rest)]))
}

/** Fields in one order, and none that isn't given. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const given = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    given.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, canonical(member)]),
  )
}
