import type { Journal } from '../../journal/journal.ts'
import { dayMs } from '../../model/time.ts'
import { createRefusal } from '../../model/user-error.ts'
import { OutcomeUnsettled } from '../errors.ts'
import { createDistributedLock } from '../execution/distributed-lock.ts'
import type { CommandRecords } from '../records/command-records.ts'
import {
  type CredentialEndTime,
  isLaterRequest,
  type MoveOutRecord,
  type MoveOutStore,
} from './move-out-requests.ts'

/** Commands that are move-out requests. */
const moveOutCommandNames: ReadonlySet<string> = new Set(['moveOut', 'cancelMoveOut'])

/** Steps after which a move-out cannot be cancelled. */
const removalSteps: ReadonlySet<string> = new Set(['deleteAcsUser', 'revokeCredentials'])

const recordKeyPrefix = 'move-out/'
const originalEndsKey = (id: string): string => `move-out-ends/${id}`
const recordKey = (acsUserId: string): string => `${recordKeyPrefix}${acsUserId}`

/** How long an overdue move-out is kept: as long as its unfinished command is resumed. */
const overdueRetentionMs = 30 * dayMs
/** How long a request without a schedule is kept, so that an earlier request that ends late does not replace it. */
const finishedRetentionMs = dayMs

/** `waitMs` is how long a request waits for another one about the same ACS user; then it rejects with `InProgress`. */
export function createMoveOutStore(
  journal: Journal,
  records: CommandRecords,
  now: () => number,
  waitMs: number,
): MoveOutStore {
  const parseRecord = (text: string): MoveOutRecord => JSON.parse(text) as MoveOutRecord

  const withLock = createDistributedLock(journal, now, waitMs)

  return {
    async find(acsUserId) {
      const text = await journal.getValue(recordKey(acsUserId))
      return text === null ? null : parseRecord(text)
    },
    async list() {
      const texts = await journal.listValues(recordKeyPrefix)
      return [...texts.values()].map(parseRecord).filter(({ scheduled }) => scheduled !== null)
    },
    async save(acsUserId, record) {
      const { scheduled } = record
      const ttlMs =
        scheduled === null
          ? finishedRetentionMs
          : Math.max(Date.parse(scheduled.at) - now(), 0) + overdueRetentionMs
      await journal.putValue(recordKey(acsUserId), JSON.stringify(record), ttlMs)
    },
    async saveOriginalEnds(id, ends) {
      const storedEnds = await journal.putValueIfAbsent(
        originalEndsKey(id),
        JSON.stringify(ends),
        overdueRetentionMs,
      )
      return JSON.parse(storedEnds) as CredentialEndTime[]
    },
    async findOriginalEnds(id) {
      const text = await journal.getValue(originalEndsKey(id))
      return text === null ? null : (JSON.parse(text) as CredentialEndTime[])
    },
    deleteOriginalEnds: (id) => journal.deleteValue(originalEndsKey(id)),
    withLock: (acsUserId, run) => withLock(`move-out ${acsUserId}`, run),
    async closeReplacedCommand(id) {
      const progress = await records.load(id)
      if (progress !== null) await records.close(progress)
      await journal.deleteValue(originalEndsKey(id))
    },
    async refuseWhileLaterUnsettled(acsUserId, request) {
      const openCommands = await records.listOpen()
      const hasUnsettledRequest = openCommands.some(({ id, command, plan, steps, objections }) => {
        const isAboutUser = moveOutCommandNames.has(command) && plan.acsUserId === acsUserId
        const isStarted = steps[0]?.status === 'STARTED' && objections.length === 0
        return (
          isAboutUser && isStarted && isLaterRequest({ id, askedAt: String(plan.askedAt ?? '') }, request)
        )
      })
      if (hasUnsettledRequest) throw new OutcomeUnsettled()
    },
    async refuseIfRemovalStarted(id) {
      const removal = (await records.load(id))?.steps.find(({ name }) => removalSteps.has(name))
      if (removal === undefined || removal.status === 'PENDING') return
      throw createRefusal(
        'acsUserId',
        'CONFLICT',
        'The scheduled move-out of this ACS user is already being carried out.',
      )
    },
  }
}
