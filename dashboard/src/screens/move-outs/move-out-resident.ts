import type { MoveOutsQuery } from '../../graph/generated/graphql.ts'

type ScheduledMoveOut = NonNullable<MoveOutsQuery['scheduledMoveOuts']>['nodes'][number]

/** The resident of a scheduled move-out. */
export type MoveOutResident = NonNullable<ScheduledMoveOut['acsUser']>
