import type {
  AcsCredential as AcsCredentialShape,
  AcsEntrance as AcsEntranceShape,
  AcsSystem as AcsSystemShape,
  AcsUser as AcsUserShape,
  ConnectedAccount as ConnectedAccountShape,
  ConnectWebview as ConnectWebviewShape,
  UserIdentity as UserIdentityShape,
} from '../../src/model/entities.ts'
import { builder } from '../builder.ts'
import { createConnectionType } from '../lists/relay-connection.ts'

/** References to the types that refer to each other. Each type is implemented in its own file. */
export const AcsSystem = builder.objectRef<AcsSystemShape>('AcsSystem')
export const AcsUser = builder.objectRef<AcsUserShape>('AcsUser')
export const AcsEntrance = builder.objectRef<AcsEntranceShape>('AcsEntrance')
export const AcsCredential = builder.objectRef<AcsCredentialShape>('AcsCredential')
export const UserIdentity = builder.objectRef<UserIdentityShape>('UserIdentity')
export const ConnectedAccount = builder.objectRef<ConnectedAccountShape>('ConnectedAccount')
export const ConnectWebview = builder.objectRef<ConnectWebviewShape>('ConnectWebview')

export const AcsSystemConnection = createConnectionType('AcsSystem', AcsSystem, 'ACS systems')
export const AcsUserConnection = createConnectionType('AcsUser', AcsUser, 'ACS users')
export const AcsEntranceConnection = createConnectionType('AcsEntrance', AcsEntrance, 'entrances')
export const AcsCredentialConnection = createConnectionType('AcsCredential', AcsCredential, 'credentials')
export const ConnectedAccountConnection = createConnectionType(
  'ConnectedAccount',
  ConnectedAccount,
  'connected accounts',
)
