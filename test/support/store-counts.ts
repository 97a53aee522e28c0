import { DatabaseSync } from 'node:sqlite'
import type { RedisServer } from './redis-server.ts'

/** The size of a store: the number of rows of each table, or of members of each key. */
export type Counts = Readonly<Record<string, number>>

/** Counts the rows of each table of a SQLite file. */
export function countRows(file: string): Counts {
  const db = new DatabaseSync(file, { readOnly: true })
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  const counts = tables.map(({ name }): [string, number] => [
    `${name}`,
    Number(db.prepare(`SELECT count(*) AS rows FROM "${name}"`).get()?.rows),
  ])
  db.close()
  return Object.fromEntries(counts)
}

const sizeCommands: Readonly<Record<string, string>> = {
  hash: 'HLEN',
  zset: 'ZCARD',
  stream: 'XLEN',
  list: 'LLEN',
  set: 'SCARD',
  string: 'STRLEN',
}

/** Counts the members of each key of a Redis server, and the characters of strings. */
export async function countMembers(redis: RedisServer): Promise<Counts> {
  const counts: Record<string, number> = {}
  for (const key of ((await redis.command('KEYS', '*')) as string[]).toSorted()) {
    const type = String(await redis.command('TYPE', key))
    counts[key] = Number(await redis.command(sizeCommands[type] ?? 'STRLEN', key))
  }
  return counts
}
