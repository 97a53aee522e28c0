import type { AnyCommand } from './command.ts'
import { createConnectWebview, deleteConnectedAccount } from './kinds/connections.ts'
import { issueCode, issueMobileKey, revokeCredential, updateCredential } from './kinds/credentials.ts'
import { moveIn } from './kinds/move-in.ts'
import { moveOut } from './kinds/move-out.ts'
import {
  createAcsUser,
  createUserIdentity,
  deleteAcsUser,
  suspendAcsUser,
  unsuspendAcsUser,
  updateAcsUser,
} from './kinds/people.ts'
import { createClientSession } from './kinds/phones.ts'

const commands = [
  createConnectWebview,
  deleteConnectedAccount,
  createUserIdentity,
  createAcsUser,
  updateAcsUser,
  suspendAcsUser,
  unsuspendAcsUser,
  deleteAcsUser,
  issueCode,
  issueMobileKey,
  updateCredential,
  revokeCredential,
  moveIn,
  moveOut,
  createClientSession,
] as unknown as readonly AnyCommand[]

const byName = new Map(commands.map((command) => [command.name, command]))

/** The command that a record names. Throws for one that this version doesn't know. */
export function commandNamed(name: string): AnyCommand {
  const command = byName.get(name)
  if (command === undefined) throw new Error(`There is no command ${name}: a newer Latchkey wrote it down.`)
  return command
}
