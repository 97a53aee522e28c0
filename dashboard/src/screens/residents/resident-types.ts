import type { ResidentAccessCheckQuery, ResidentPageQuery } from '../../graph/generated/graphql.ts'

/** An ACS user with everything that its page shows. */
export type ResidentDetail = NonNullable<ResidentPageQuery['acsUser']>

/** Result of an access check. */
export type AccessCheck = ResidentAccessCheckQuery['accessCheck']
