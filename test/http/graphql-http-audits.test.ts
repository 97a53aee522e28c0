import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizationHeader, type HttpFixture, startHttpFixture } from './http-fixture.ts'

let gateway: HttpFixture
beforeAll(async () => {
  gateway = await startHttpFixture()
})
afterAll(() => gateway.stop())

/** Sends the requests of the suite with an API key, which the suite does not support. */
const fetchFn = (url: string, init: RequestInit = {}) => {
  const headers = new Headers(init.headers)
  headers.set('authorization', authorizationHeader)
  return fetch(url, { ...init, headers })
}

// The public audit suite of the GraphQL over HTTP specification. The name of each audit contains MUST, SHOULD or MAY.
describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => `${gateway.url}/graphql`, fetchFn })

  test('passes every audit', () => {
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
