import type { Journal, Lease } from './journal.ts'

/** A lease that is renewed until it is released. */
export type HeldLease = {
  /** Renews the lease now and returns it; `null` if this process has not held it without interruption. */
  renew(): Promise<Lease | null>
  /** Stops the renewal and releases the lease. If the store is unavailable, it rejects, and the lease expires. */
  release(): Promise<void>
}

/** Acquires a lease and renews it every quarter of `ttlMs`. Resolves to `null` while another holder has it. */
export async function holdLease(
  journal: Pick<Journal, 'acquireLease' | 'releaseLease'>,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<HeldLease | null> {
  const requestLease = (): Promise<Lease | null> => journal.acquireLease(name, holder, ttlMs)
  const lease = await requestLease()
  if (lease === null) return null
  // If a renewal fails, the lease expires, and `renew` finds out.
  const renewalTimer = setInterval(() => void requestLease().catch(() => undefined), ttlMs / 4)
  renewalTimer.unref()
  return {
    // A lease that expired and was held by another process meanwhile has another fencing token: its writes must not be overwritten.
    renew: async () => ((await requestLease())?.token === lease.token ? lease : null),
    async release() {
      clearInterval(renewalTimer)
      await journal.releaseLease(lease)
    },
  }
}
