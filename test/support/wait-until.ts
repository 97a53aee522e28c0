import { setTimeout as delay } from 'node:timers/promises'

/** Resolves once the condition holds. It has no timeout except that of the test. */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20)
}
