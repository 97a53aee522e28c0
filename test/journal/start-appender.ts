import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'

/** The location of a journal: a file, or a workspace in Redis. */
export type Place = { readonly file: string } | { readonly url: string; readonly workspaceId: string }

/** An entry that an appender process has reported as acknowledged. */
export type Acknowledged = { readonly id: string; readonly offset: number }

/** Starts a process that appends, with a prefix for its shell command. Returns the lines of its output. */
export function startAppender(
  place: Place,
  name: string,
  shellPrefix = '',
): { child: ChildProcessWithoutNullStreams; lines: AsyncIterable<string> } {
  const script = fileURLToPath(import.meta.resolve('./appender.ts'))
  const command = `${shellPrefix} exec "$0" "$@"`
  const child = spawn('sh', ['-c', command, process.execPath, script, JSON.stringify(place), name])
  child.stderr.pipe(process.stderr)
  return {
    child,
    get lines() {
      return createInterface({ input: child.stdout })
    },
  }
}

export function acknowledged(line: string): Acknowledged {
  const [id = '', offset] = line.split(' ')
  return { id, offset: Number(offset) }
}

/** Expects each acknowledged entry once, complete and at its offset, and dense offsets. */
export async function expectKeptIn(journal: Journal, entries: readonly Acknowledged[]): Promise<void> {
  const changes = await journal.read(0, 1_000_000)
  const head = await journal.readHead()
  expect(changes.map(({ offset }) => offset)).toEqual(Array.from({ length: head }, (_, index) => index + 1))
  const found = Map.groupBy(changes, ({ seamEventId }) => seamEventId ?? '')
  for (const [id, pair] of found)
    expect(
      pair.map(({ offset }) => offset),
      id,
    ).toEqual([pair[0]?.offset, (pair[0]?.offset ?? 0) + 1])
  for (const { id, offset } of entries) expect(found.get(id)?.[0]?.offset, id).toBe(offset)
}
