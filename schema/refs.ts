import type {
  AcsCredential as AcsCredentialShape,
  AcsEntrance as AcsEntranceShape,
  AcsSystem as AcsSystemShape,
  AcsUser as AcsUserShape,
  ConnectedAccount as ConnectedAccountShape,
  ConnectWebview as ConnectWebviewShape,
  UserIdentity as UserIdentityShape,
} from '../src/model/entities.ts'
import { builder } from './builder.ts'
import { connectionOf } from './paging.ts'

/** The types that refer to each other, by name; each file implements its own. */
export const AcsSystem = builder.objectRef<AcsSystemShape>('AcsSystem')
export const AcsUser = builder.objectRef<AcsUserShape>('AcsUser')
export const AcsEntrance = builder.objectRef<AcsEntranceShape>('AcsEntrance')
export const AcsCredential = builder.objectRef<AcsCredentialShape>('AcsCredential')
export const UserIdentity = builder.objectRef<UserIdentityShape>('UserIdentity')
export const ConnectedAccount = builder.objectRef<ConnectedAccountShape>('ConnectedAccount')
export const ConnectWebview = builder.objectRef<ConnectWebviewShape>('ConnectWebview')

export const AcsSystemConnection = connectionOf('AcsSystem', AcsSystem, 'systems')
export const AcsUserConnection = connectionOf('AcsUser', AcsUser, 'users')
export const AcsEntranceConnection = connectionOf('AcsEntrance', AcsEntrance, 'entrances')
export const AcsCredentialConnection = connectionOf('AcsCredential', AcsCredential, 'credentials')
export const ConnectedAccountConnection = connectionOf(
  'ConnectedAccount',
  ConnectedAccount,
  'connected accounts',
)
