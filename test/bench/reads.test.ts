import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('should measure reads with equal data from every variant, and fewer API calls with each improvement', {
  timeout: 60_000,
}, async () => {
  const options =
    '--without-peer --without-memory --seconds 0.2 --rounds 1 --residents 12 --doors 6 --latency-ms 0'
  const args = ['bench/main.ts', 'reads', ...options.split(' ')]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const rows = stdout.split('\n').flatMap((line) => {
    const [, ...cells] = line.split('|').map((cell) => cell.trim())
    return cells.length > 1 ? [cells] : []
  })
  const column = rows[0]?.indexOf('Seam calls per request') ?? -1
  const calls = Object.fromEntries(rows.slice(2).map((cells) => [cells[0], Number(cells[column])]))
  const warm = [
    'latchkey, warm',
    '… 100 viewers of equal access scope',
    '… 100 viewers of different access scopes',
  ]
  const changed = ['… another object changed since', '… an object of the answer changed since']
  expect(Object.keys(calls)).toEqual(['latchkey, cold', 'naive', 'loaders', ...warm, ...changed, 'ceiling'])
  expect(calls.naive).toBeGreaterThan(calls.loaders ?? 0)
  expect(calls.loaders).toBeGreaterThan(calls['latchkey, cold'] ?? 0)
  expect(calls['latchkey, cold']).toBeGreaterThan(0)
  for (const name of [...warm, '… another object changed since']) expect(calls[name]).toBe(0)
  expect(calls['… an object of the answer changed since']).toBeGreaterThan(0)
})
