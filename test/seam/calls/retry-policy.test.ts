import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AcsUserId } from '../../../src/model/ids.ts'
import { Secret } from '../../../src/model/secret.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { type CallEffect, computeRetryDelayMs } from '../../../src/seam/calls/retry-policy.ts'
import type { CallReport } from '../../../src/seam/calls/seam-caller.ts'
import { createSeamClient } from '../../../src/seam/client.ts'
import { SeamError, type SeamErrorDetails } from '../../../src/seam/errors.ts'
import { createErrorResponse, findUnusedUrl, startSeamStub } from '../seam-stub.ts'
import { catchSeamError, createInstantClock } from '../test-clocks.ts'

const apiKey = 'seam_key_of_a_test'
const someUser = '11111111-1111-4111-8111-111111111111' as AcsUserId

describe('the delay before the next attempt', () => {
  const failure = (details: Partial<SeamErrorDetails>) =>
    new SeamError({ code: 'UNAVAILABLE', message: '', route: 'r', outcome: 'unknown', ...details })
  const delay = (details: Partial<SeamErrorDetails>, effect: CallEffect, number = 1, deadline = 60_000) =>
    computeRetryDelayMs(failure(details), { number, effect, deadline, now: 0 }, { random: () => 0.5 })

  it('should double, with jitter over its whole length, up to the last attempt', () => {
    expect([1, 2, 3, 4].map((number) => delay({}, 'reads', number))).toEqual([100, 200, 400, null])
    expect(
      computeRetryDelayMs(
        failure({}),
        { number: 1, effect: 'reads', deadline: 9, now: 0 },
        { random: () => 0 },
      ),
    ).toBe(0)
  })

  it("should be at least Seam's retry-after, within the deadline", () => {
    expect(delay({ code: 'RATE_LIMITED', retryAfterMs: 7_000 }, 'reads')).toBe(7_000)
    expect(delay({ code: 'RATE_LIMITED', retryAfterMs: 10 }, 'reads')).toBe(100)
    expect(delay({ code: 'RATE_LIMITED', retryAfterMs: 7_000 }, 'reads', 1, 7_000)).toBeNull()
  })

  it.each([
    ['UNAVAILABLE', 'unknown', { reads: true, sets: true, creates: false }],
    ['UNAVAILABLE', 'not_sent', { reads: true, sets: true, creates: true }],
    ['TIMEOUT', 'unknown', { reads: true, sets: true, creates: false }],
    ['BAD_RESPONSE', 'unknown', { reads: true, sets: true, creates: false }],
    ['RATE_LIMITED', 'refused', { reads: true, sets: true, creates: true }],
    ['ABORTED', 'unknown', { reads: false, sets: false, creates: false }],
    ['INVALID_INPUT', 'refused', { reads: false, sets: false, creates: false }],
    ['NOT_FOUND', 'refused', { reads: false, sets: false, creates: false }],
    ['UNAUTHORIZED', 'refused', { reads: false, sets: false, creates: false }],
  ] as const)('should not exist if a retry is unsafe or useless: %s, %s', (code, outcome, expected) => {
    for (const effect of ['reads', 'sets', 'creates'] as const)
      expect(delay({ code, outcome }, effect) !== null, effect).toBe(expected[effect])
  })
})

describe('a call that fails', () => {
  const setUp = (endpoint: string, more: object = {}) => {
    const { clock, waits } = createInstantClock()
    const reports: CallReport[] = []
    const onCall = (report: CallReport) => reports.push(report)
    return {
      seam: createSeamClient({
        apiKey: new Secret(apiKey),
        endpoint,
        clock,
        random: () => 1,
        onCall,
        ...more,
      }),
      waits,
      reports,
      clock,
    }
  }

  it('should be attempted at most four times, with growing delays', async () => {
    await using stub = await startSeamStub({ status: 503, body: '' })
    const { seam, waits, reports } = setUp(stub.url)
    const error = await catchSeamError(seam.listSystems())
    expect(error).toMatchObject({ code: 'UNAVAILABLE', status: 503, outcome: 'unknown' })
    expect(stub.asked).toHaveLength(4)
    expect(waits).toEqual([200, 400, 800])
    expect(reports.map(({ attempt, status, outcome }) => [attempt, status, outcome])).toEqual(
      [1, 2, 3, 4].map((attempt) => [attempt, 503, 'UNAVAILABLE']),
    )
  })

  it.each([
    ['in seconds', '7'],
    ['as a date', 'Mon, 20 Jul 2026 12:00:07 GMT'],
  ])('should be retried after the retry-after of Seam, given %s', async (_, retryAfter) => {
    const busy = {
      ...createErrorResponse(429, 'rate_limit_exceeded'),
      headers: { 'retry-after': retryAfter },
    }
    await using stub = await startSeamStub(busy, { body: { acs_systems: [] } })
    const { seam, waits } = setUp(stub.url)
    expect(await seam.listSystems()).toEqual([])
    expect(waits[0]).toBe(7_000)
    expect(stub.asked).toHaveLength(2)
  })

  it.each([['soon'], ['-5'], ['']])('should ignore an invalid retry-after of %j', async (retryAfter) => {
    const busy = {
      ...createErrorResponse(429, 'rate_limit_exceeded'),
      headers: { 'retry-after': retryAfter },
    }
    await using stub = await startSeamStub(busy, { body: { acs_systems: [] } })
    const { seam, waits } = setUp(stub.url)
    expect(await seam.listSystems()).toEqual([])
    expect(waits[0]).toBe(200)
  })

  it("should fail waiting calls at once if Seam's pause exceeds their deadline", async () => {
    const busy = { ...createErrorResponse(429, 'rate_limit_exceeded'), headers: { 'retry-after': '50' } }
    await using stub = await startSeamStub(busy)
    const { seam } = setUp(stub.url)
    expect(await catchSeamError(seam.listSystems())).toMatchObject({
      code: 'RATE_LIMITED',
      outcome: 'refused',
    })
    const next = await catchSeamError(seam.listAccounts())
    expect(next).toMatchObject({ code: 'RATE_LIMITED', outcome: 'not_sent', retryAfterMs: 50_000 })
    expect(stub.asked).toHaveLength(1)
  })

  it('should be retried regardless of its effect if no connection was established', async () => {
    const { seam, reports } = setUp(await findUnusedUrl())
    const error = await catchSeamError(seam.createWebhook({ url: 'https://example.com' }))
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not_sent', status: null })
    expect(reports.map(({ attempt, status }) => [attempt, status])).toEqual(
      [1, 2, 3, 4].map((n) => [n, null]),
    )
  })

  it('should have an unknown outcome if a write is refused after a lost response', async () => {
    await using stub = await startSeamStub('reset', createErrorResponse(400, 'invalid_input'))
    const error = await catchSeamError(setUp(stub.url).seam.suspendUser(someUser))
    expect(error).toMatchObject({ code: 'INVALID_INPUT', outcome: 'unknown', status: 400 })
  })

  it('should have the outcome of the last attempt for a read', async () => {
    await using stub = await startSeamStub('reset', createErrorResponse(401, 'unauthorized'))
    const error = await catchSeamError(setUp(stub.url).seam.listSystems())
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', outcome: 'refused' })
  })

  it('should time out with an unknown outcome if Seam does not respond', async () => {
    await using stub = await startSeamStub('silence')
    const { seam } = setUp(stub.url, { timeoutMs: 500 })
    const error = await catchSeamError(seam.createWebhook({ url: 'https://example.com' }))
    expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
    expect(stub.asked).toHaveLength(1)
  })

  it('should not be sent after its deadline', async () => {
    await using stub = await startSeamStub({ body: { acs_systems: [] } })
    const { seam, clock } = setUp(stub.url)
    const error = await catchSeamError(seam.listSystems({ deadline: clock.now() }))
    expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'not_sent' })
    expect(stub.asked).toHaveLength(0)
    expect(await seam.listSystems({ deadline: Number.POSITIVE_INFINITY })).toEqual([])
  })

  it('should be aborted by its signal before, during and between attempts', async () => {
    await using silent = await startSeamStub('silence')
    await using busy = await startSeamStub('reset')
    const before = await catchSeamError(setUp(silent.url).seam.listSystems({ signal: AbortSignal.abort() }))
    expect(before).toMatchObject({ code: 'ABORTED', outcome: 'not_sent' })
    expect(silent.asked).toHaveLength(0)

    const patience = new AbortController()
    const { signal } = patience
    const underWay = catchSeamError(
      setUp(silent.url).seam.createWebhook({ url: 'https://example.com' }, { signal }),
    )
    await silent.heard
    patience.abort()
    expect(await underWay).toMatchObject({ code: 'ABORTED', outcome: 'unknown' })

    const between = new AbortController()
    const { clock } = createInstantClock()
    const wait = async () => between.abort()
    const seam = createSeamClient({
      apiKey: new Secret(apiKey),
      endpoint: busy.url,
      clock: { ...clock, wait },
    })
    const error = await catchSeamError(seam.suspendUser(someUser, { signal: between.signal }))
    expect(error).toMatchObject({ code: 'ABORTED', outcome: 'unknown' })
    expect(busy.asked).toHaveLength(1)
  })

  it('should be removed from the queue by its signal without being sent', async () => {
    await using stub = await startSeamStub('silence')
    const { seam } = setUp(stub.url, { maxConcurrent: 1 })
    const patience = new AbortController()
    const running = catchSeamError(seam.listSystems({ signal: patience.signal }))
    const leave = new AbortController()
    const waiting = catchSeamError(seam.listAccounts({ signal: leave.signal }))
    leave.abort()
    expect(await waiting).toMatchObject({ code: 'ABORTED', outcome: 'not_sent' })
    patience.abort()
    await running
    expect(seam.load).toMatchObject({ running: 0, waiting: 0 })
  })
})

describe('a write whose response is lost, in the sandbox', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({ issueDelayMs: 0, residents: 6, doors: 4 })
  })
  afterEach(() => {
    sandbox.clearFaults()
    sandbox.resetCalls()
  })
  afterAll(() => sandbox.close())
  const client = () =>
    createSeamClient({
      apiKey: new Secret(sandbox.apiKey),
      endpoint: sandbox.url,
      clock: createInstantClock().clock,
    })
  const newIdentity = () => client().createIdentity({ fullName: 'Jane Doe' })

  it.each([
    { kind: 'reset', when: 'after' },
    { kind: 'status', status: 502, body: 'html', when: 'after' },
    { kind: 'malformed' },
  ] as const)(
    'should count as a deletion if the object is missing at the second attempt: $kind',
    async (fault) => {
      const { userIdentityId } = await newIdentity()
      sandbox.addFault({ ...fault, times: 1, route: 'user_identities/delete' })
      await client().deleteIdentity(userIdentityId)
      expect(sandbox.calls().byRoute['user_identities/delete']).toBe(2)
      expect(sandbox.ids().userIdentityIds).not.toContain(userIdentityId)
    },
  )

  it('should not count as deleted if it did not exist before', async () => {
    const { userIdentityId } = await newIdentity()
    await client().deleteIdentity(userIdentityId)
    const again = await catchSeamError(client().deleteIdentity(userIdentityId))
    expect(again).toMatchObject({
      code: 'NOT_FOUND',
      outcome: 'refused',
      seamType: 'user_identity_not_found',
    })
  })

  it.each([
    { kind: 'reset', when: 'after' },
    { kind: 'status', status: 500, when: 'after' },
    { kind: 'status', status: 503, body: 'empty', when: 'after' },
    { kind: 'malformed' },
  ] as const)('should not be repeated if it creates an object: $kind $status', async (fault) => {
    const before = sandbox.ids().userIdentityIds.length
    sandbox.addFault({ ...fault, route: 'user_identities/create' })
    expect(await catchSeamError(newIdentity())).toMatchObject({
      outcome: 'unknown',
      route: 'user_identities/create',
    })
    expect(sandbox.calls().byRoute['user_identities/create']).toBe(1)
    expect(sandbox.ids().userIdentityIds).toHaveLength(before + 1)
  })

  it('should be executed once if Seam rate-limits the first attempt', async () => {
    const before = sandbox.ids().userIdentityIds.length
    sandbox.addFault({ kind: 'rateLimit', retryAfter: 2, times: 2, route: 'user_identities/create' })
    await newIdentity()
    expect(sandbox.ids().userIdentityIds).toHaveLength(before + 1)
  })
})
