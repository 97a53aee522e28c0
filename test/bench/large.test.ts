import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('should load every row of a workspace, and publish every change made while the gateway was stopped', {
  timeout: 120_000,
}, async () => {
  const args = ['bench/main.ts', 'large', '--quick']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(stdout.trim().split('\n')).toEqual([
    '2000 ACS users, 200 entrances, 4000 credentials, 2 ACS systems',
    '50 of 50 changed ACS users were published by the second reconciliation',
  ])
})
