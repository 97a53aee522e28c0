import { managementErrors } from '../../model/rules/person.ts'
import { isBefore } from '../../model/time.ts'
import { refuseIf } from '../../model/user-error.ts'
import type { Command, Keyed } from '../command.ts'
import { refuseResidents, userNamed } from '../named.ts'
import type { Facts } from '../saga.ts'
import { endCredentialsStep, removePersonStep, revokeAllStep } from '../steps/move-out-steps.ts'
import type { Person } from '../steps/user-steps.ts'

export type MoveOutInput = Keyed & {
  readonly acsUserId: string
  readonly at?: string | null | undefined
  readonly keepUser?: boolean | null | undefined
}

type MoveOutPlan = Facts & Person & { readonly at: string | null; readonly keepUser: boolean }

/**
 * `moveOut`: everything that `moveIn` gave is taken back. With a time, the credentials get their end at once, and the rest is done
 * when the time has come. Asked again, the later word counts.
 */
export const moveOut: Command<MoveOutInput, MoveOutPlan> = {
  name: 'moveOut',
  async prepare({ acsUserId: text, at, keepUser }, asker) {
    refuseResidents(asker)
    const user = await userNamed(text, asker)
    refuseIf(managementErrors(user, 'acsUserId'))
    const { acsUserId, acsSystemId } = user
    const isLater = at != null && isBefore(asker.now, at)
    return { acsUserId, acsSystemId, at: isLater ? at : null, keepUser: keepUser ?? false }
  },
  about: ({ acsUserId, at }) => ({ acsUserId, at }),
  replaces: ({ acsUserId }, waiting) => waiting.acsUserId === acsUserId,
  steps({ at, keepUser, ...person }, tools) {
    const notBefore = at === null ? 0 : Date.parse(at)
    const remove = keepUser ? revokeAllStep : removePersonStep
    return [...(at === null ? [] : [endCredentialsStep(tools, person, at)]), remove(tools, person, notBefore)]
  },
}
