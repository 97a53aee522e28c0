import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/model/secret.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import { createSeamClient } from '../../../src/seam/client.ts'
import { type StubRequest, startSeamStub } from '../seam-stub.ts'
import { catchSeamError, createInstantClock } from '../test-clocks.ts'

const since = '2026-07-20T12:00:00.000Z'
const client = (endpoint: string, apiKey = 'seam_key_of_a_test') =>
  createSeamClient({ apiKey: new Secret(apiKey), endpoint, clock: createInstantClock().clock })

const eventAt = (number: number, created_at: string) => ({
  event_id: `event-${String(number).padStart(5, '0')}`,
  event_type: 'acs_user.created',
  workspace_id: 'w',
  created_at,
  occurred_at: created_at,
})
type Event = ReturnType<typeof eventAt>
const second = (number: number) => new Date(Date.parse(since) + (number + 1) * 1000).toISOString()
const everySecond = (count: number) => Array.from({ length: count }, (_, i) => eventAt(i, second(i)))
const idsOf = (events: readonly { event_id: string }[]) => events.map((event) => event.event_id)

/** Responds like Seam with `events` in their order; `cap` is the maximum number of rows in a response. */
const answering =
  (events: readonly Event[], cap = Number.POSITIVE_INFINITY) =>
  ({ params }: StubRequest) => {
    const [from, to] = (params.between ?? [params.since, '9999']) as [string, string]
    const wanted = events.filter((event) => event.created_at > from && event.created_at < to)
    return { body: { events: wanted.slice(0, Math.min(cap, params.limit as number)) } }
  }

describe('the events of a time range', () => {
  it('should be complete, without duplicates, if one response cannot contain them', async () => {
    const events = everySecond(1234)
    await using stub = await startSeamStub(answering(events))
    expect(idsOf(await client(stub.url).listEvents({ since }))).toEqual(idsOf(events))
    expect(stub.asked.map(({ params }) => params.limit)).toEqual([500, 500, 500])
  })

  it('should be complete if one instant has more events than a response can contain', async () => {
    const events = [
      ...everySecond(3),
      ...Array.from({ length: 1300 }, (_, i) => eventAt(100 + i, second(5))),
      eventAt(9000, second(9)),
    ]
    await using stub = await startSeamStub(answering(events))
    expect(idsOf(await client(stub.url).listEvents({ since }))).toEqual(idsOf(events))
  })

  it('should be complete if Seam lists the newest first', async () => {
    const events = everySecond(700)
    await using stub = await startSeamStub(answering(events.toReversed()))
    expect(idsOf(await client(stub.url).listEvents({ since }))).toEqual(idsOf(events))
  })

  it('should be complete if Seam returns fewer rows than requested', async () => {
    const events = everySecond(1700)
    await using stub = await startSeamStub(answering(events, 500))
    expect(idsOf(await client(stub.url).listEvents({ since, limit: 1000 }))).toEqual(idsOf(events))
  })

  it.each([500, 1000])(
    'should be an error instead of an incomplete list, with a limit of %d',
    async (limit) => {
      await using stub = await startSeamStub(answering(everySecond(1700).toReversed(), 500))
      const error = await catchSeamError(client(stub.url).listEvents({ since, limit }))
      expect(error).toMatchObject({ code: 'BAD_RESPONSE', route: 'events/list' })
    },
  )

  it('should end at the requested time', async () => {
    const events = everySecond(40)
    await using stub = await startSeamStub(answering(events))
    const found = await client(stub.url).listEvents({ since, until: second(30), limit: 7 })
    expect(idsOf(found)).toEqual(idsOf(events.slice(0, 30)))
    for (const { params } of stub.asked)
      expect(params).toEqual({ between: [expect.any(String), second(30)], limit: 7 })
  })

  it('should be sorted by the full precision of their times, then by the order of the list', async () => {
    const times = [
      '2026-07-20T12:00:01.5Z',
      '2026-07-20T12:00:01.123456Z',
      '2026-07-20T12:00:01.123457Z',
      '2026-07-20T12:00:01Z',
    ]
    const events = [eventAt(9, times[3] ?? ''), ...times.map((time, i) => eventAt(i, time))]
    await using stub = await startSeamStub({ body: { events } })
    expect(idsOf(await client(stub.url).listEvents({ since }))).toEqual(
      [9, 3, 1, 2, 0].map((number) => eventAt(number, '').event_id),
    )
  })

  it('should keep the order within one instant if the list is in descending order', async () => {
    const events = [
      eventAt(5, second(2)),
      eventAt(2, second(1)),
      eventAt(7, second(1)),
      eventAt(1, second(1)),
    ]
    await using stub = await startSeamStub({ body: { events } })
    expect(idsOf(await client(stub.url).listEvents({ since }))).toEqual(
      [1, 7, 2, 5].map((number) => eventAt(number, '').event_id),
    )
  })

  it('should keep unknown fields', async () => {
    const event = { ...eventAt(1, second(1)), acs_user_id: 'u', of_tomorrow: { deep: [1] } }
    await using stub = await startSeamStub({ body: { events: [event] } })
    expect(await client(stub.url).listEvents({ since })).toEqual([event])
  })

  it.each(['event_id', 'event_type', 'workspace_id', 'created_at'])(
    'should all have their %s',
    async (key) => {
      await using stub = await startSeamStub({
        body: { events: [{ ...eventAt(1, second(1)), [key]: null }] },
      })
      const error = await catchSeamError(client(stub.url).listEvents({ since }))
      expect(error).toMatchObject({ code: 'BAD_RESPONSE', message: expect.stringContaining(key) })
    },
  )

  it('should be those of the sandbox', async () => {
    await using sandbox = await startSandbox({ issueDelayMs: 0 })
    const start = new Date(Date.now() - 1000).toISOString()
    for (let i = 0; i < 12; i++) sandbox.act('moveIn')
    const found = await client(sandbox.url, sandbox.apiKey).listEvents({ since: start, limit: 5 })
    expect(idsOf(found).toSorted()).toEqual(idsOf(sandbox.events()).toSorted())
  })
})
