import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from '../../../src/ingest/ingest.ts'
import type { Change } from '../../../src/model/change.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { createWebhookSender, type IngestFixture, startIngestFixture } from '../ingest-fixture.ts'

/** An action and the changes to be published for it, as `SUBJECT KIND` for each row. */
type Occurrence = { readonly act: (sandbox: Sandbox) => unknown; readonly told: readonly string[] }

/** Consecutive actions on the same row. `start` creates the row. */
type Sequence = {
  readonly start?: (ground: IngestFixture) => unknown
  readonly steps: (ground: IngestFixture) => readonly Occurrence[]
}

const connection = (kind: string): readonly string[] => [`CONNECTION ${kind}`, `CONNECTION ${kind}`]
const disconnect: Occurrence = {
  act: (sandbox) => sandbox.act('disconnect'),
  told: connection('DISCONNECTED'),
}
const repair: Occurrence = { act: (sandbox) => sandbox.act('repair'), told: connection('CONNECTED') }

/** A credential that is created and known but not issued yet. */
let waiting: Record<string, string> = {}

const sequences: Readonly<Record<string, Sequence>> = {
  'an account is disconnected': { steps: () => [disconnect] },
  'an account is disconnected, repaired, and disconnected again': {
    steps: () => [disconnect, repair, disconnect],
  },
  'an account is repaired': {
    start: ({ sandbox }) => sandbox.act('disconnect'),
    steps: () => [repair],
  },
  'an account is repaired, disconnected, and repaired again': {
    start: ({ sandbox }) => sandbox.act('disconnect'),
    steps: () => [repair, disconnect, repair],
  },
  'an entrance is added, and another one': {
    steps: () => [
      { act: (sandbox) => sandbox.act('addDoor'), told: ['ENTRANCE CREATED'] },
      { act: (sandbox) => sandbox.act('addDoor'), told: ['ENTRANCE CREATED'] },
    ],
  },
  'an entrance is added and removed': {
    steps: () => {
      let door = {}
      return [
        {
          act: (sandbox) => {
            door = sandbox.act('addDoor')
          },
          told: ['ENTRANCE CREATED'],
        },
        { act: (sandbox) => sandbox.act('removeDoor', door), told: ['ENTRANCE DELETED'] },
      ]
    },
  },
  'a credential is issued, reissued twice, and deleted': {
    start: ({ sandbox }) => {
      waiting = sandbox.act('guestCode')
    },
    steps: () => [
      { act: (sandbox) => sandbox.act('issue', waiting), told: ['CREDENTIAL ISSUED'] },
      { act: (sandbox) => sandbox.act('reissue', waiting), told: ['CREDENTIAL REISSUED'] },
      { act: (sandbox) => sandbox.act('reissue', waiting), told: ['CREDENTIAL REISSUED'] },
      { act: (sandbox) => sandbox.act('revoke', waiting), told: ['CREDENTIAL DELETED'] },
    ],
  },
  'a user moves in and out': {
    steps: () => {
      let user = {}
      return [
        {
          act: (sandbox) => {
            user = sandbox.act('moveIn')
          },
          told: ['USER CREATED'],
        },
        { act: (sandbox) => sandbox.act('moveOut', user), told: ['USER DELETED'] },
      ]
    },
  },
}

/** Orders in which the sources deliver each change. */
const orders = {
  'the event, then a reconciliation': async (deliver: Sources) => {
    await deliver.events()
    await deliver.comparison()
  },
  'a reconciliation, then the event': async (deliver: Sources) => {
    await deliver.comparison()
    await deliver.events()
  },
  'two reconciliations, then the event': async (deliver: Sources) => {
    await deliver.comparison()
    await deliver.comparison()
    await deliver.events()
  },
  'both at the same time': async (deliver: Sources) => {
    await Promise.all([deliver.comparison(), deliver.events()])
  },
  'reconciliations only, with all events at the end': async (deliver: Sources) => deliver.comparison(),
  'events only, with a reconciliation at the end': async (deliver: Sources) => deliver.events(),
} as const
type Sources = { events(): Promise<void>; comparison(): Promise<void> }

/** Additional changes that may be published: field updates found by reconciliation, and a user's credentials. */
const isExpectedKind = ({ kind, subject }: Change, wanted: ReadonlySet<string>): boolean =>
  wanted.has(`${subject} ${kind}`)

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis[Symbol.asyncDispose]())

describe.each(['SQLite', 'Redis'])('a journal in %s', (store) => {
  describe.each(Object.entries(sequences))('where %s', (_name, { start, steps }) => {
    it.each(Object.entries(orders))('should publish each change once: %s', async (_order, deliver) => {
      const place = store === 'Redis' ? { redisUrl: redis.url } : {}
      await using ground = await startIngestFixture({
        ...{ systems: 1, doors: 4, residents: 3, issueDelayMs: 60_000 },
        ...place,
      })
      const { sandbox, seam } = ground
      start?.(ground)
      const sender = createWebhookSender()
      // Events arrive by webhook only, since Seam's list shows them late.
      const ingest: Ingest = await ground.startIngest({
        seam: { ...seam, load: seam.load, listEvents: async () => [] },
        webhookSecret: sender.secret,
      })
      let sentEvents = sandbox.events().length
      const sources: Sources = {
        async events() {
          const events = sandbox.events().slice(sentEvents)
          sentEvents += events.length
          await sender.send(ingest, events)
          // The same webhook again, as after a lost response.
          await sender.send(ingest, events)
        },
        async comparison() {
          await ingest.reconcile()
        },
      }
      const occurrences = steps(ground)
      for (const { act } of occurrences) {
        act(sandbox)
        await deliver(sources)
      }
      await sources.events()
      await sources.comparison()
      const expected = occurrences.flatMap(({ told }) => told)
      const wanted = new Set(expected)
      const told = (await ground.appendedChanges()).filter((change) => isExpectedKind(change, wanted))
      expect(told.map(({ subject, kind }) => `${subject} ${kind}`)).toEqual(expected)
      await sources.comparison()
      expect(await ingest.reconcile()).toMatchObject({ changes: 0 })
    })
  })
})
