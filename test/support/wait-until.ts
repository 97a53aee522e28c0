import { setTimeout as delay } from 'node:timers/promises'

/** Resolves once the condition holds; the test's own time limit is the bound. */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20)
}
