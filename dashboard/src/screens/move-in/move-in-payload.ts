import type { MoveInResidentMutation } from '../../graph/generated/graphql.ts'

/** Result of a move-in. */
export type MoveInPayload = MoveInResidentMutation['moveIn']
