import fc from 'fast-check'
import { vi } from 'vitest'

// Every run plays the same cases, so that what fails in one fails in all; `SEED=…` plays others.
fc.configureGlobal({ seed: Number(process.env.SEED ?? 20_261_123) })

// What is waited for comes when it comes: a busy machine is no failure.
const patienceMs = 45_000
const { waitFor } = vi
vi.waitFor = (look, options) => {
  const given = typeof options === 'number' ? { timeout: options } : options
  return waitFor(look, { ...given, timeout: Math.max(given?.timeout ?? 0, patienceMs) })
}
