import { type HeldLease, holdLease } from '../../journal/held-lease.ts'
import type { Journal, Lease } from '../../journal/journal.ts'

/** Leases of commands: one process at a time executes a command. */
export type CommandLeases = {
  /** Acquires the lease of a command and renews it until it is released. Resolves to `false` while another process holds it. */
  acquire(id: string): Promise<boolean>
  /** Renews the lease and returns it; `null` if this process has not held it without interruption. */
  renew(id: string): Promise<Lease | null>
  release(id: string): Promise<void>
}

/** How long the lease of a process that died blocks a command. */
const leaseTtlMs = 10_000

export function createCommandLeases(journal: Journal, holder: string): CommandLeases {
  const heldLeases = new Map<string, HeldLease>()

  return {
    async acquire(id) {
      const heldLease = await holdLease(journal, `command ${id}`, holder, leaseTtlMs)
      if (heldLease === null) return false
      heldLeases.set(id, heldLease)
      return true
    },
    renew: async (id) => heldLeases.get(id)?.renew() ?? null,
    async release(id) {
      const heldLease = heldLeases.get(id)
      heldLeases.delete(id)
      await heldLease?.release()
    },
  }
}
