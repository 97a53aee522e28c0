import type { Journal, Lease } from '../journal/journal.ts'

/** Which process has which command in hand. */
export type Leases = {
  /** Takes a command in hand, until it's given back; false while another process has it. */
  take(id: string): Promise<boolean>
  /** Whether it has been in our hand all the time. */
  keep(id: string): Promise<boolean>
  give(id: string): Promise<void>
}

/** How long a process that died keeps a command. */
const leaseMs = 10_000
const renewMs = leaseMs / 4

type Held = { readonly lease: Lease; readonly renewal: NodeJS.Timeout }

export function createLeases(journal: Journal, holder: string): Leases {
  const held = new Map<string, Held>()
  const ask = (id: string): Promise<Lease | null> => journal.lease(`command ${id}`, holder, leaseMs)

  return {
    async take(id) {
      const lease = await ask(id)
      if (lease === null) return false
      // One that can't be renewed runs out: `keep` finds out.
      const renewal = setInterval(() => void ask(id).catch(() => undefined), renewMs)
      renewal.unref()
      held.set(id, { lease, renewal })
      return true
    },
    // One that ran out and was another's meanwhile has another token: what that one wrote stands.
    async keep(id) {
      const before = held.get(id)
      return before !== undefined && (await ask(id))?.token === before.lease.token
    },
    async give(id) {
      const before = held.get(id)
      held.delete(id)
      if (before === undefined) return
      clearInterval(before.renewal)
      await journal.release(before.lease)
    },
  }
}
