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
const renewIntervalMs = leaseTtlMs / 4

type HeldLease = { readonly lease: Lease; readonly renewalTimer: NodeJS.Timeout }

export function createCommandLeases(journal: Journal, holder: string): CommandLeases {
  const heldLeases = new Map<string, HeldLease>()
  const requestLease = (id: string): Promise<Lease | null> =>
    journal.acquireLease(`command ${id}`, holder, leaseTtlMs)

  return {
    async acquire(id) {
      const lease = await requestLease(id)
      if (lease === null) return false
      // If a renewal fails, the lease expires, and `renew` finds out.
      const renewalTimer = setInterval(() => void requestLease(id).catch(() => undefined), renewIntervalMs)
      renewalTimer.unref()
      heldLeases.set(id, { lease, renewalTimer })
      return true
    },
    // A lease that expired and was held by another process meanwhile has another fencing token: its writes must not be overwritten.
    async renew(id) {
      const heldLease = heldLeases.get(id)
      if (heldLease === undefined) return null
      return (await requestLease(id))?.token === heldLease.lease.token ? heldLease.lease : null
    },
    async release(id) {
      const heldLease = heldLeases.get(id)
      heldLeases.delete(id)
      if (heldLease === undefined) return
      clearInterval(heldLease.renewalTimer)
      await journal.releaseLease(heldLease.lease)
    },
  }
}
