import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Gateway, key, startGateway } from './gateway.ts'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

/** Asks as the suite does, with a key: it knows nothing of ours. */
const fetchFn = (url: string, init: RequestInit = {}) => {
  const headers = new Headers(init.headers)
  headers.set('authorization', key)
  return fetch(url, { ...init, headers })
}

// The public suite of the GraphQL-over-HTTP specification; each audit says itself what MUST, SHOULD or MAY be.
describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => `${gateway.url}/graphql`, fetchFn })

  test('is audited in full', () => {
    expect(audits.length).toBeGreaterThan(60)
  })

  for (const { id, name, fn } of audits) {
    test(`${id} ${name}`, async () => {
      const result = await fn()
      const { status, ...rest } = result
      expect({ status, reason: 'reason' in rest ? rest.reason : null }).toEqual({
        status: 'ok',
        reason: null,
      })
    })
  }
})
