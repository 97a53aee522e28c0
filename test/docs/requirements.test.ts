import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const script = new URL('../support/requirements.ts', import.meta.url).pathname

describe('the programs that the tests require', () => {
  it('should be installed', () => {
    expect(spawnSync(process.execPath, [script]).status).toBe(0)
  })

  it('should be named in an error if they are missing', () => {
    const { status, stderr } = spawnSync(process.execPath, [script], { env: { PATH: '' }, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('The tests need redis-server, openssl')
    expect(stderr).toContain('apt-get install redis-server openssl')
  })
})
