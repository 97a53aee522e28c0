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
    const [, name = '', calls = ''] = line.split('|').map((cell) => cell.trim())
    return Number.isNaN(Number(calls)) || calls === '' ? [] : [[name, Number(calls)] as const]
  })
  const calls = Object.fromEntries(rows)
  expect(Object.keys(calls)).toEqual(['latchkey, cold', 'naive', 'loaders', 'latchkey, warm', 'ceiling'])
  expect(calls.naive).toBeGreaterThan(calls.loaders ?? 0)
  expect(calls.loaders).toBeGreaterThan(calls['latchkey, cold'] ?? 0)
  expect(calls['latchkey, cold']).toBeGreaterThan(0)
  expect(calls['latchkey, warm']).toBe(0)
})
