import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Entry,
  type Journal,
  maxConditionChanges,
  type UntouchedCondition,
} from '../../src/journal/journal.ts'
import type { NewChange } from '../../src/model/change.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
} from '../../src/model/ids.ts'
import type { Store } from './conformance-suite.ts'
import { sampleChange } from './sample-changes.ts'

const id = (digit: string) => '00000000-0000-4000-8000-000000000000'.replaceAll('0', digit)
const credential = id('1') as AcsCredentialId
const user = id('2') as AcsUserId
const entrances = [id('3'), id('4')] as AcsEntranceId[]
const system = id('5') as AcsSystemId
const account = id('6') as ConnectedAccountId
const otherSystem = id('7') as AcsSystemId

/** All ids that a change can contain. */
const allIdFields = {
  acsCredentialId: credential,
  acsUserId: user,
  acsEntranceIds: entrances,
  acsSystemId: system,
  connectedAccountId: account,
}

/** Changes, with the ids of the objects that they are about. */
const changesWithIds: readonly (readonly [Partial<NewChange>, readonly string[]])[] = [
  [{ ...allIdFields, subject: 'CREDENTIAL' }, [credential]],
  [{ ...allIdFields, subject: 'USER' }, [user]],
  [{ ...allIdFields, subject: 'ENTRANCE' }, entrances],
  [{ ...allIdFields, subject: 'CONNECTION' }, [system, account]],
  [
    { ...allIdFields, subject: 'CONNECTION', acsSystemId: null, acsSystemIds: [system, otherSystem] },
    [account, system, otherSystem],
  ],
  [{ subject: 'ENTRANCE', acsEntranceIds: null, actor: `"acsEntranceIds":["${credential}"]` }, []],
]

/** Tests of entries with a condition, for every driver. */
export function describeConditions(driver: string, createStore: () => Promise<Store>): void {
  let store: Store
  let journal: Journal

  beforeEach(async () => {
    store = await createStore()
    journal = await store.open(() => new Date('2026-07-20T12:00:00.000Z'))
  })
  afterEach(async () => {
    await journal.close()
    await store.remove()
  })

  const entryOf = (extra: Partial<NewChange>, onlyIf?: UntouchedCondition): Entry => ({
    dedupeKeys: [],
    changes: [sampleChange('a', extra)],
    ...(onlyIf && { onlyIf }),
  })
  const isAppended = async (onlyIf: UntouchedCondition): Promise<boolean> => {
    const [appended] = await journal.append([entryOf({}, onlyIf)])
    return appended?.isOvertaken !== true
  }

  describe(`${driver}: an entry with a condition`, () => {
    it.each(changesWithIds)(
      'should be skipped after a newer change about its object: %j',
      async (change, ids) => {
        await journal.append([entryOf(change)])
        const allIds = [credential, user, ...entrances, system, account, otherSystem]
        const entries = allIds.map((objectId) =>
          entryOf({ acsCredentialId: null }, { after: 0, ids: ['x', objectId] }),
        )
        const overtaken = (await journal.append(entries)).map(({ isOvertaken }) => isOvertaken === true)
        expect(allIds.filter((_, index) => overtaken[index]).toSorted()).toEqual(ids.toSorted())
      },
    )

    it('should be appended if all changes about its object are older', async () => {
      await journal.append([entryOf({ acsCredentialId: credential })])
      expect(await isAppended({ after: 1, ids: [credential] })).toBe(true)
      expect(await isAppended({ after: 0, ids: [credential] })).toBe(false)
      expect(await isAppended({ after: 0, ids: [] })).toBe(true)
    })

    it('should, if skipped, not affect the other entries of its call, and store no dedupe key', async () => {
      await journal.append([entryOf({ acsCredentialId: credential })])
      const changes = [sampleChange('b')]
      const results = await journal.append([
        { dedupeKeys: ['first'], changes },
        { dedupeKeys: ['key'], changes, onlyIf: { after: 0, ids: [credential] } },
        { dedupeKeys: ['last'], changes },
      ])
      expect(results).toMatchObject([
        { isDuplicate: false, changes: [{ offset: 2 }] },
        { isDuplicate: false, changes: [], isOvertaken: true },
        { isDuplicate: false, changes: [{ offset: 3 }] },
      ])
      expect(await journal.append([{ dedupeKeys: ['key'], changes }])).toMatchObject([{ isDuplicate: false }])
    })

    it('should ignore the changes of its own call', async () => {
      const entry = entryOf({ acsCredentialId: credential }, { after: 0, ids: [credential] })
      expect(await journal.append([entry, entry])).toMatchObject([
        { changes: [{ offset: 1 }] },
        { changes: [{ offset: 2 }] },
      ])
    })

    it('should be skipped after an earlier call that shares its commit', async () => {
      const plain = [entryOf({ acsCredentialId: credential })]
      const conditional = [entryOf({ acsCredentialId: null }, { after: 0, ids: [credential] })]
      const calls = [conditional, plain, conditional].map((entries) => journal.append(entries))
      const overtaken = (await Promise.all(calls)).map(([each]) => each?.isOvertaken === true)
      expect(overtaken).toEqual([false, false, true])
    })

    it('should be a duplicate if its dedupe key is known and its condition holds', async () => {
      const entry = { ...entryOf({}, { after: 0, ids: [user] }), dedupeKeys: ['key'] }
      const results = await journal.append([entry, entry])
      expect(results.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true])
    })

    it('should be skipped if its condition spans too many changes, or trimmed ones', async () => {
      await journal.append(Array.from({ length: maxConditionChanges }, () => entryOf({})))
      expect(await isAppended({ after: 0, ids: [user] })).toBe(true)
      expect(await isAppended({ after: 0, ids: [user] })).toBe(false)
      expect(await isAppended({ after: 1, ids: [user] })).toBe(true)
      await journal.trim(Number.MAX_SAFE_INTEGER, 10)
      const head = await journal.readHead()
      expect(await isAppended({ after: head - 11, ids: [user] })).toBe(false)
      expect(await isAppended({ after: head - 10, ids: [user] })).toBe(true)
    })

    it('should be either skipped or appended first, with a concurrent append', async () => {
      const rounds = Array.from({ length: 50 }, (_, round) => `${round}`.padStart(36, '0') as AcsCredentialId)
      for (const credentialId of rounds) {
        const after = await journal.readHead()
        const conditional = entryOf(
          { acsCredentialId: credentialId, kind: 'UPDATED' },
          { after, ids: [credentialId] },
        )
        const plain = entryOf({ acsCredentialId: credentialId, kind: 'DELETED' })
        const [, [result]] = await Promise.all([journal.append([plain]), journal.append([conditional])])
        const kinds = (await journal.read(after, 10)).map(({ kind }) => kind)
        expect(kinds).toEqual(result?.isOvertaken ? ['DELETED'] : ['UPDATED', 'DELETED'])
      }
    })
  })
}
