import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const script = new URL('../support/requirements.ts', import.meta.url).pathname

describe('what the tests need of the machine', () => {
  it('should be there where these tests run', () => {
    expect(spawnSync(process.execPath, [script]).status).toBe(0)
  })

  it('should be named where it is missing', () => {
    const { status, stderr } = spawnSync(process.execPath, [script], { env: { PATH: '' }, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('The tests need redis-server, openssl')
    expect(stderr).toContain('apt-get install redis-server openssl')
  })
})
