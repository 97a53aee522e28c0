import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AcsUserId } from '../../src/model/ids.ts'
import { Secret } from '../../src/model/secret.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import type { CallReport } from '../../src/seam/call.ts'
import { createSeamClient } from '../../src/seam/client.ts'
import { SeamError, type SeamErrorDetails } from '../../src/seam/errors.ts'
import { type Effect, retryDelay } from '../../src/seam/retry.ts'
import { failureOf, hastyClock } from './steered.ts'
import { deserted, openStub, refusal } from './stub.ts'

const apiKey = 'seam_key_of_a_test'
const someUser = '11111111-1111-4111-8111-111111111111' as AcsUserId

describe('the wait before another attempt', () => {
  const failure = (details: Partial<SeamErrorDetails>) =>
    new SeamError({ code: 'UNAVAILABLE', message: '', route: 'r', outcome: 'unknown', ...details })
  const delay = (details: Partial<SeamErrorDetails>, effect: Effect, number = 1, deadline = 60_000) =>
    retryDelay(failure(details), { number, effect, deadline, now: 0 }, { random: () => 0.5 })

  it('should double, with jitter over its whole length, up to the last attempt', () => {
    expect([1, 2, 3, 4].map((number) => delay({}, 'reads', number))).toEqual([100, 200, 400, null])
    expect(
      retryDelay(failure({}), { number: 1, effect: 'reads', deadline: 9, now: 0 }, { random: () => 0 }),
    ).toBe(0)
  })

  it('should be as long as Seam asks, unless the deadline is nearer', () => {
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
  ] as const)('should be none where repeating is unsafe or vain: %s, %s', (code, outcome, expected) => {
    for (const effect of ['reads', 'sets', 'creates'] as const)
      expect(delay({ code, outcome }, effect) !== null, effect).toBe(expected[effect])
  })
})

describe('a call that fails', () => {
  const setUp = (endpoint: string, more: object = {}) => {
    const { clock, waits } = hastyClock()
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

  it('should be made four times at most, further and further apart', async () => {
    await using stub = await openStub({ status: 503, body: '' })
    const { seam, waits, reports } = setUp(stub.url)
    const error = await failureOf(seam.listSystems())
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
  ])('should wait as long as Seam says %s', async (_, retryAfter) => {
    const busy = { ...refusal(429, 'rate_limit_exceeded'), headers: { 'retry-after': retryAfter } }
    await using stub = await openStub(busy, { body: { acs_systems: [] } })
    const { seam, waits } = setUp(stub.url)
    expect(await seam.listSystems()).toEqual([])
    expect(waits[0]).toBe(7_000)
    expect(stub.asked).toHaveLength(2)
  })

  it.each([['soon'], ['-5'], ['']])('should not stumble over a retry-after of %j', async (retryAfter) => {
    const busy = { ...refusal(429, 'rate_limit_exceeded'), headers: { 'retry-after': retryAfter } }
    await using stub = await openStub(busy, { body: { acs_systems: [] } })
    const { seam, waits } = setUp(stub.url)
    expect(await seam.listSystems()).toEqual([])
    expect(waits[0]).toBe(200)
  })

  it('should tell the others at once when Seam wants a pause beyond their deadline', async () => {
    const busy = { ...refusal(429, 'rate_limit_exceeded'), headers: { 'retry-after': '50' } }
    await using stub = await openStub(busy)
    const { seam } = setUp(stub.url)
    expect(await failureOf(seam.listSystems())).toMatchObject({ code: 'RATE_LIMITED', outcome: 'refused' })
    const next = await failureOf(seam.listAccounts())
    expect(next).toMatchObject({ code: 'RATE_LIMITED', outcome: 'not_sent', retryAfterMs: 50_000 })
    expect(stub.asked).toHaveLength(1)
  })

  it('should be repeated whatever it is where nobody listened', async () => {
    const { seam, reports } = setUp(await deserted())
    const error = await failureOf(seam.createWebhook({ url: 'https://example.com' }))
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not_sent', status: null })
    expect(reports.map(({ attempt, status }) => [attempt, status])).toEqual(
      [1, 2, 3, 4].map((n) => [n, null]),
    )
  })

  it('should stay in doubt when a write is refused after its first answer was lost', async () => {
    await using stub = await openStub('reset', refusal(400, 'invalid_input'))
    const error = await failureOf(setUp(stub.url).seam.suspendUser(someUser))
    expect(error).toMatchObject({ code: 'INVALID_INPUT', outcome: 'unknown', status: 400 })
  })

  it('should take the last word about a read', async () => {
    await using stub = await openStub('reset', refusal(401, 'unauthorized'))
    const error = await failureOf(setUp(stub.url).seam.listSystems())
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', outcome: 'refused' })
  })

  it('should be given up when Seam stays silent, as in doubt', async () => {
    await using stub = await openStub('silence')
    const { seam } = setUp(stub.url, { timeoutMs: 20 })
    const error = await failureOf(seam.createWebhook({ url: 'https://example.com' }))
    expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
    expect(stub.asked).toHaveLength(1)
  })

  it('should not be sent after its deadline', async () => {
    await using stub = await openStub({ body: { acs_systems: [] } })
    const { seam, clock } = setUp(stub.url)
    const error = await failureOf(seam.listSystems({ deadline: clock.now() }))
    expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'not_sent' })
    expect(stub.asked).toHaveLength(0)
    expect(await seam.listSystems({ deadline: Number.POSITIVE_INFINITY })).toEqual([])
  })

  it('should be given up by its signal: before it is sent, under way, and between attempts', async () => {
    await using silent = await openStub('silence')
    await using busy = await openStub('reset')
    const before = await failureOf(setUp(silent.url).seam.listSystems({ signal: AbortSignal.abort() }))
    expect(before).toMatchObject({ code: 'ABORTED', outcome: 'not_sent' })
    expect(silent.asked).toHaveLength(0)

    const patience = new AbortController()
    const { signal } = patience
    const underWay = failureOf(
      setUp(silent.url).seam.createWebhook({ url: 'https://example.com' }, { signal }),
    )
    await silent.heard
    patience.abort()
    expect(await underWay).toMatchObject({ code: 'ABORTED', outcome: 'unknown' })

    const between = new AbortController()
    const { clock } = hastyClock()
    const wait = async () => between.abort()
    const seam = createSeamClient({
      apiKey: new Secret(apiKey),
      endpoint: busy.url,
      clock: { ...clock, wait },
    })
    const error = await failureOf(seam.suspendUser(someUser, { signal: between.signal }))
    expect(error).toMatchObject({ code: 'ABORTED', outcome: 'unknown' })
    expect(busy.asked).toHaveLength(1)
  })

  it('should give up its place in the queue by its signal, unsent', async () => {
    await using stub = await openStub('silence')
    const { seam } = setUp(stub.url, { maxConcurrent: 1 })
    const patience = new AbortController()
    const running = failureOf(seam.listSystems({ signal: patience.signal }))
    const leave = new AbortController()
    const waiting = failureOf(seam.listAccounts({ signal: leave.signal }))
    leave.abort()
    expect(await waiting).toMatchObject({ code: 'ABORTED', outcome: 'not_sent' })
    patience.abort()
    await running
    expect(seam.load).toMatchObject({ running: 0, waiting: 0 })
  })
})

describe('a write whose answer is lost, in the building', () => {
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
    createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url, clock: hastyClock().clock })
  const newIdentity = () => client().createIdentity({ fullName: 'Jane Doe' })

  it.each([
    { kind: 'reset', when: 'after' },
    { kind: 'status', status: 502, body: 'html', when: 'after' },
    { kind: 'malformed' },
  ] as const)('should count as deleted when it is gone the second time: $kind', async (fault) => {
    const { userIdentityId } = await newIdentity()
    sandbox.addFault({ ...fault, times: 1, route: 'user_identities/delete' })
    await client().deleteIdentity(userIdentityId)
    expect(sandbox.calls().byRoute['user_identities/delete']).toBe(2)
    expect(sandbox.ids().userIdentityIds).not.toContain(userIdentityId)
  })

  it('should not count as deleted when it was not there to begin with', async () => {
    const { userIdentityId } = await newIdentity()
    await client().deleteIdentity(userIdentityId)
    const again = await failureOf(client().deleteIdentity(userIdentityId))
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
  ] as const)('should never be made twice when it creates: $kind $status', async (fault) => {
    const before = sandbox.ids().userIdentityIds.length
    sandbox.addFault({ ...fault, route: 'user_identities/create' })
    expect(await failureOf(newIdentity())).toMatchObject({
      outcome: 'unknown',
      route: 'user_identities/create',
    })
    expect(sandbox.calls().byRoute['user_identities/create']).toBe(1)
    expect(sandbox.ids().userIdentityIds).toHaveLength(before + 1)
  })

  it('should be made once when Seam was too busy for it at first', async () => {
    const before = sandbox.ids().userIdentityIds.length
    sandbox.addFault({ kind: 'rateLimit', retryAfter: 2, times: 2, route: 'user_identities/create' })
    await newIdentity()
    expect(sandbox.ids().userIdentityIds).toHaveLength(before + 1)
  })
})
