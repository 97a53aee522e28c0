import type { Command } from '../command.ts'
import {
  createAcsUser,
  createUserIdentity,
  deleteAcsUser,
  suspendAcsUser,
  unsuspendAcsUser,
  updateAcsUser,
} from './acs-users.ts'
import { cancelMoveOut } from './cancel-move-out.ts'
import { createClientSession, revokeClientSession } from './client-sessions.ts'
import { createConnectWebview, deleteConnectedAccount } from './connections.ts'
import { issueCode, issueMobileKey, revokeCredential, updateCredential } from './credentials.ts'
import { moveIn } from './move-in.ts'
import { moveOut } from './move-out.ts'

const allCommands: readonly Command[] = [
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
  cancelMoveOut,
  createClientSession,
  revokeClientSession,
]

const commandsByName = new Map(allCommands.map((command) => [command.name, command]))

/** Returns a command by its stored name. Throws if this version does not have it. */
export function getCommand(name: string): Command {
  const command = commandsByName.get(name)
  if (command === undefined)
    throw new Error(
      `The stored command ${name} is unknown to this version. Start the version of Latchkey that stored it.`,
    )
  return command
}
