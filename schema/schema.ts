import type { GraphQLSchema } from 'graphql'
import './scalars.ts'
import './nodes.ts'
import './acs-system.ts'
import './acs-user.ts'
import './acs-entrance.ts'
import './acs-credential.ts'
import './user-identity.ts'
import './connection.ts'
import './viewer.ts'
import './access-check.ts'
import './change.ts'
import './changes.ts'
import './subscriptions.ts'
import './people-mutations.ts'
import './credential-mutations.ts'
import './connection-mutations.ts'
import './move.ts'
import './move-many.ts'
import './phones.ts'
import './webhook-endpoint.ts'
import './webhook-mutations.ts'
import type { GraphName } from '../src/auth/viewer.ts'
import { builder } from './builder.ts'

/** The whole graph, or the part of it that is for partners. */
export function buildSchema(graph: GraphName = 'whole'): GraphQLSchema {
  return builder.toSchema(graph === 'whole' ? {} : { subGraph: graph })
}
