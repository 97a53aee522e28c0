import { Writable } from 'node:stream'
import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/model/secret.ts'
import { createLogger } from '../../src/observability/logger.ts'

const text = 'swordfish'
const secret = new Secret(text)

describe('a secret', () => {
  it('should never appear in a printed text', () => {
    const inside = { deep: { down: [secret] } }
    for (const printed of [
      `${secret}`,
      String(secret),
      ['it is', secret].join(' '),
      JSON.stringify(inside),
      inspect(inside, { depth: 9, showHidden: true }),
      format('%s %o %j', secret, inside, inside),
      new Error(`it was ${secret}`).message,
      [secret].join(),
      Object.entries(secret).join(),
    ])
      expect(printed).not.toContain(text)
  })

  it('should not be logged', () => {
    let logged = ''
    const destination = new Writable({
      write(line, _encoding, done) {
        logged += line
        done()
      },
    })
    const log = createLogger('trace', { destination, isTerminal: false })
    log.info({ some: { thing: { deep: { down: secret } } }, other: [secret] }, `it is ${secret}`)
    expect(logged).toContain('[hidden]')
    expect(logged).not.toContain(text)
  })

  it('should be returned by reveal', () => {
    expect(secret.reveal()).toBe(text)
  })
})
