import { type ChildProcessWithoutNullStreams, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'

const main = new URL('../../src/sandbox/main.ts', import.meta.url).pathname

function run(args: string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...args], { env: { PATH: process.env.PATH, PORT: '0', ...env } })
}

/** Waits for the banner with the API key and the URL. */
async function banner(child: ChildProcessWithoutNullStreams): Promise<string> {
  let shown = ''
  for await (const chunk of child.stdout) {
    shown += chunk
    if (shown.includes('_sandbox/state')) return shown
  }
  throw new Error(`It ended after: ${shown}`)
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<[code: number | null, said: string]> {
  const said = text(child.stderr)
  const [code] = await once(child, 'exit')
  return [code, await said]
}

describe('npm run sandbox', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'should print its URL and a command to try, and exit with 0 after %s',
    async (signal) => {
      const size = '--residents 5 --doors 3 --systems 1 --credentials 2'.split(' ')
      const child = run(['--no-activity', ...size], { SANDBOX_API_KEY: 'seam_mine' })
      const shown = await banner(child)
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(shown)?.[0]
      expect(shown).toContain(`curl -H 'Authorization: Bearer seam_mine' ${url}/acs/systems/list`)
      const list = async (route: string): Promise<Record<string, unknown>> =>
        (await fetch(`${url}/acs/${route}/list`, { headers: { authorization: 'Bearer seam_mine' } })).json()
      expect((await list('users')).acs_users).toHaveLength(5)
      expect((await list('credentials')).acs_credentials).toHaveLength(10)
      child.kill(signal)
      expect(await ended(child)).toEqual([0, ''])
    },
  )

  it.each([
    [['--doors', 'many'], /--doors must be a whole number from 1 to 10000, not "many"/],
    [['--systems', '0'], /--systems/],
    [['--credentials', '4'], /--credentials/],
    [['--webhook-retry-ms', '0,x'], /--webhook-retry-ms/],
    [['--party'], /--party/],
    [['stray'], /stray/],
  ])('should exit with one sentence after the arguments %j', async (args, sentence) => {
    const [code, said] = await ended(run(args))
    expect([code, said.trim().split('\n').length]).toEqual([1, 1])
    expect(said).toMatch(sentence)
  })

  it('should exit with one sentence if the port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const [code, said] = await ended(run([], { PORT: String(port) }))
    expect([code, said.trim().split('\n').length]).toEqual([1, 1])
    expect(said).toContain(String(port))
    taken.close()
  })

  it('should send its URL to a parent process, print nothing, and exit when the parent disconnects', async () => {
    const child = fork(main, ['--no-activity'], {
      env: { PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const printed = Promise.all([child.stdout, child.stderr].map((stream) => stream && text(stream)))
    const [message] = await once(child, 'message')
    expect(message).toEqual({
      type: 'listening',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      apiKey: 'seam_bundled_building',
    })
    child.disconnect()
    const [code] = await once(child, 'exit')
    expect([code, await printed]).toEqual([0, ['', '']])
  })
})
