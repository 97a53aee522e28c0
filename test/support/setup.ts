import fc from 'fast-check'
import { vi } from 'vitest'

// Every run generates the same cases, so that failures are reproducible; `SEED=…` generates others.
fc.configureGlobal({ seed: Number(process.env.SEED ?? 20_261_123) })

// A busy machine is slow: every wait may take at least this long before it fails.
const minTimeoutMs = 45_000
const { waitFor } = vi
vi.waitFor = (condition, options) => {
  const given = typeof options === 'number' ? { timeout: options } : options
  return waitFor(condition, { ...given, timeout: Math.max(given?.timeout ?? 0, minTimeoutMs) })
}
