import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createLogger } from '../../src/observability/logger.ts'

function logged(write: (log: ReturnType<typeof createLogger>) => void, isTerminal = false): string {
  const lines: string[] = []
  const destination = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line))
      done()
    },
  })
  write(createLogger('info', { destination, isTerminal }))
  return lines.join('')
}

test('a line should be one JSON object with a level and a time', () => {
  const line = JSON.parse(logged((log) => log.info({ port: 4000 }, 'listening')))
  expect(line).toMatchObject({ level: 'info', port: 4000, msg: 'listening' })
  expect(Date.parse(line.time)).not.toBeNaN()
})

test('secrets and PINs should be redacted up to two levels down', () => {
  const text = logged((log) =>
    log.info({
      authorization: 'Bearer s3cret',
      req: { headers: { authorization: 'Bearer s3cret' } },
      config: { seamApiKey: 's3cret', seamWebhookSecret: 's3cret' },
      input: { credential: { code: 's3cret1' }, token: 's3cret' },
      code: '123456',
    }),
  )
  expect(text).not.toMatch(/s3cret|123456/)
})

test("an error's code should not be redacted", () => {
  expect(logged((log) => log.info({ code: 'SEAM_TIMEOUT', close: { code: 4401 } }))).toMatch(
    /SEAM_TIMEOUT.*4401/,
  )
})

test('a URL should lose its query and its password', () => {
  const text = logged((log) => log.info({ url: 'https://u:s3cret@x.example/view?auth_token=s3cret#s3cret' }))
  expect(text).toContain('https://x.example/view"')
  expect(text).not.toContain('s3cret')
})

test.each([
  ['redis://:w@s3cret@r:6379', 'redis://r:6379'],
  [
    'redis+sentinel://me:s3cret@a:26379,b:26379/mymaster?sentinelPassword=s3cret',
    'redis+sentinel://a:26379,b:26379/mymaster',
  ],
])('a Redis URL should lose its passwords: %s', (redisUrl, shown) => {
  const text = logged((log) => log.info({ config: { redisUrl } }))
  expect(text).toContain(`"${shown}"`)
  expect(text).not.toContain('s3cret')
})

test('an error should keep its causes and lose other properties', () => {
  const cause = Object.assign(new Error('refused'), {
    code: 'ECONNREFUSED',
    config: { headers: { authorization: 's3cret' } },
  })
  const text = logged((log) => log.error({ err: new Error('no answer', { cause }) }, 'failed'))
  expect(text).toContain('ECONNREFUSED')
  expect(text).not.toContain('s3cret')
})

test('on a terminal the lines should be formatted text, with the same redaction', () => {
  const text = logged((log) => log.info({ token: 's3cret' }, 'listening'), true)
  expect(text).toContain('listening')
  expect(text).not.toMatch(/^\{|s3cret/)
})
