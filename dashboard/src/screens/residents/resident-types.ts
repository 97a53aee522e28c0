import type {
  EntranceRowFragment,
  ResidentAccessCheckQuery,
  ResidentPageQuery,
} from '../../graph/generated/graphql.ts'

/** An ACS user with everything that its page shows. */
export type ResidentDetail = NonNullable<ResidentPageQuery['acsUser']>

/** Result of an access check. */
export type AccessCheck = ResidentAccessCheckQuery['accessCheck']

/** The entrance that an access check is about. Its access methods are known when the entrances of the building have been read. */
export type QuestionEntrance = {
  readonly id: string
  readonly name: string
  readonly unlockWith?: EntranceRowFragment['unlockWith'] | undefined
}
