import type { Journal } from './journal.ts'

/** Whether a journal answers. */
export type Pulse = { readonly isBeating: boolean; close(): void }

/** Asks a journal every `everyMs` for its end. */
export function takePulse(journal: Pick<Journal, 'head'>, everyMs = 1_000): Pulse {
  let isBeating = true
  const timer = setInterval(() => {
    journal.head().then(
      () => {
        isBeating = true
      },
      () => {
        isBeating = false
      },
    )
  }, everyMs)
  timer.unref()
  return {
    get isBeating() {
      return isBeating
    },
    close: () => clearInterval(timer),
  }
}
