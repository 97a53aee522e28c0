import type { UserIdentityId } from '../../model/ids.ts'
import type { Secret } from '../../model/secret.ts'
import { isSameTime } from '../../model/time.ts'
import { emptyIfNotFound, SeamError, withUnknownOutcome } from '../../seam/errors.ts'
import type { SeamReads } from '../../seam/objects/seam-reads.ts'
import type { StepTools } from '../command.ts'
import { type CommandFacts, requireFact, type Step, type StepResult } from '../saga.ts'
import { createAndClaim } from './create-and-claim.ts'
import { ignoreNotFound } from './ignore-not-found.ts'

type PlannedSession = { readonly userIdentityId: UserIdentityId; readonly expiresAt: string }

/**
 * Creates a client session. After a lost answer, the created session is ended and another one is created, since its token is lost with the
 * answer.
 */
export function createClientSessionStep({ seam, claim }: StepTools, session: PlannedSession): Step {
  const { userIdentityId } = session
  async function endLostSessions(existingIds: readonly string[]): Promise<null> {
    for (const { clientSessionId, expiresAt } of await seam.listClientSessions(userIdentityId)) {
      const isLostSession = isSameTime(expiresAt, session.expiresAt) && !existingIds.includes(clientSessionId)
      if (isLostSession && (await claim(clientSessionId)))
        await ignoreNotFound(seam.endClientSession(clientSessionId))
    }
    return null
  }
  return {
    name: 'createClientSession',
    lockName: () => `client session ${userIdentityId}`,
    async listExisting() {
      const rows = await seam.listClientSessions(userIdentityId)
      return rows.map(({ clientSessionId }) => clientSessionId)
    },
    execute() {
      let created: { readonly token: Secret; readonly expiresAt: string } | undefined
      return createAndClaim({
        async create() {
          const { clientSessionId, token, expiresAt } = await seam.createClientSession(session)
          created = { token, expiresAt }
          return clientSessionId
        },
        claim,
        findUnclaimed: async () => null,
        toResult: (clientSessionId): StepResult => ({
          facts: { clientSessionId, expiresAt: created?.expiresAt },
          createdId: clientSessionId,
          ...(created !== undefined && { secret: created.token }),
        }),
      })
    },
    findResult: (_facts, existingIds) => endLostSessions(existingIds),
    async undo(facts) {
      await ignoreNotFound(seam.endClientSession(requireFact(facts, 'clientSessionId')))
      return []
    },
  }
}

/**
 * Tolerance between the clocks of Seam and the gateway: sessions that expired longer ago are skipped, since Seam lists them for some
 * time.
 */
const clockToleranceMs = 600_000

async function listActiveSessionIds(seam: SeamReads, id: UserIdentityId): Promise<readonly string[]> {
  const rows = await emptyIfNotFound(seam.listClientSessions(id))
  const endedBefore = Date.now() - clockToleranceMs
  return rows
    .filter(({ expiresAt }) => !(Date.parse(expiresAt) < endedBefore))
    .map((row) => row.clientSessionId)
}

/**
 * Ends client sessions of a user identity: all that Seam lists, whoever created them, or those in `only`. If Seam rejects one, the step is
 * retried.
 */
export function endClientSessionsStep(
  { seam }: StepTools,
  options: {
    readonly readIdentityId: (facts: CommandFacts) => UserIdentityId | null | undefined
    readonly only?: readonly string[] | null
    /** Earliest time of the step, in ms since the epoch. */
    readonly notBefore?: number
  },
): Step {
  const { readIdentityId, only = null, notBefore } = options
  async function listSessionIds(facts: CommandFacts): Promise<readonly string[]> {
    const id = readIdentityId(facts)
    const ids = id == null ? [] : await listActiveSessionIds(seam, id)
    return only === null ? ids : ids.filter((each) => only.includes(each))
  }
  const toResult = (clientSessionIds: readonly string[]): StepResult => ({ facts: { clientSessionIds } })
  return {
    name: 'endClientSessions',
    ...(notBefore !== undefined && { notBefore }),
    listExisting: listSessionIds,
    async execute(facts, idsBefore) {
      for (const id of new Set([...idsBefore, ...(await listSessionIds(facts))]))
        await ignoreNotFound(seam.endClientSession(id)).catch((error: unknown) => {
          // The earlier steps cannot be undone, so a rejection must not end the command as refused.
          throw error instanceof SeamError ? withUnknownOutcome(error) : error
        })
      return toResult(idsBefore)
    },
    findResult: async (facts, idsBefore) =>
      (await listSessionIds(facts)).length === 0 ? toResult(idsBefore) : null,
  }
}
