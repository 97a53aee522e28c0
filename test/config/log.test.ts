import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createLogger } from '../../src/log.ts'

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

test('a line is one JSON object with a level and a time', () => {
  const line = JSON.parse(logged((log) => log.info({ port: 4000 }, 'listening')))
  expect(line).toMatchObject({ level: 'info', port: 4000, msg: 'listening' })
  expect(Date.parse(line.time)).not.toBeNaN()
})

test('credentials and PINs are hidden up to two levels down', () => {
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

test("an error's code stays readable", () => {
  expect(logged((log) => log.info({ code: 'SEAM_TIMEOUT', close: { code: 4401 } }))).toMatch(
    /SEAM_TIMEOUT.*4401/,
  )
})

test('a URL loses its query and its password', () => {
  const text = logged((log) => log.info({ url: 'https://u:s3cret@x.example/view?auth_token=s3cret#s3cret' }))
  expect(text).toContain('https://x.example/view"')
  expect(text).not.toContain('s3cret')
})

test('an error keeps its causes and loses what a library hung on it', () => {
  const cause = Object.assign(new Error('refused'), {
    code: 'ECONNREFUSED',
    config: { headers: { authorization: 's3cret' } },
  })
  const text = logged((log) => log.error({ err: new Error('no answer', { cause }) }, 'failed'))
  expect(text).toContain('ECONNREFUSED')
  expect(text).not.toContain('s3cret')
})

test('on a terminal the lines are for people, and hide the same', () => {
  const text = logged((log) => log.info({ token: 's3cret' }, 'listening'), true)
  expect(text).toContain('listening')
  expect(text).not.toMatch(/^\{|s3cret/)
})
