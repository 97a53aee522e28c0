import { canAccessSystem } from '../../auth/access-scope.ts'
import type { ConnectedAccountId } from '../../model/ids.ts'
import { createRefusal, throwIfRefused, type UserError } from '../../model/user-error.ts'
import type { Command } from '../command.ts'
import type { IdempotentInput } from '../idempotency/idempotency-slot.ts'
import type { Facts } from '../saga.ts'
import { createConnectWebviewStep, deleteConnectedAccountStep } from '../steps/connection-steps.ts'
import { findConnectedAccount, requireFullAccess, requireManagerAccess } from './id-resolution.ts'

export type CreateConnectWebviewInput = IdempotentInput & {
  readonly customRedirectUrl?: string | null | undefined
  readonly customRedirectFailureUrl?: string | null | undefined
}

type WebviewPlan = Facts & {
  readonly customRedirectUrl: string | null
  readonly customRedirectFailureUrl: string | null
}

/** `createConnectWebview`: creates a Connect Webview, the page on which a manager logs in to Latch. */
export const createConnectWebview: Command<CreateConnectWebviewInput, WebviewPlan> = {
  name: 'createConnectWebview',
  auditTarget: 'CONNECT_WEBVIEW',
  async prepare({ customRedirectUrl = null, customRedirectFailureUrl = null }, context) {
    requireManagerAccess(context)
    requireFullAccess(context)
    throwIfRefused([
      ...checkRedirectUrl('customRedirectUrl', customRedirectUrl),
      ...checkRedirectUrl('customRedirectFailureUrl', customRedirectFailureUrl),
    ])
    return { customRedirectUrl, customRedirectFailureUrl }
  },
  createSteps: (webview, tools) => [createConnectWebviewStep(tools, webview)],
}

/** Returns a user error for a redirect URL that is not HTTP: a browser must not be redirected to a script or a file. */
function checkRedirectUrl(field: string, url: string | null): UserError[] {
  if (url === null || ['https:', 'http:'].includes(new URL(url).protocol)) return []
  return [{ field: [field], code: 'INVALID', message: 'The URL must start with https:// or http://.' }]
}

export type DeleteConnectedAccountInput = IdempotentInput & { readonly connectedAccountId: string }

type DeleteAccountPlan = Facts & { readonly connectedAccountId: ConnectedAccountId }

/** `deleteConnectedAccount`: deletes a connected account and all its objects from Seam. They stay in Latch. */
export const deleteConnectedAccount: Command<DeleteConnectedAccountInput, DeleteAccountPlan> = {
  name: 'deleteConnectedAccount',
  auditTarget: 'CONNECTED_ACCOUNT',
  async prepare(input, context, seam) {
    requireManagerAccess(context)
    const { connectedAccountId } = await findConnectedAccount(input.connectedAccountId, context)
    const systems = context.viewer.accessScope.acsSystemIds === null ? [] : await seam.listSystems()
    const accountSystems = systems.filter((system) => system.connectedAccountId === connectedAccountId)
    if (!accountSystems.every((system) => canAccessSystem(context.viewer.accessScope, system.acsSystemId)))
      throw createRefusal(
        'connectedAccountId',
        'NOT_ALLOWED',
        'This requires an access scope of all ACS systems of the connected account. Use another API key.',
      )
    return { connectedAccountId }
  },
  toInitialFacts: ({ connectedAccountId }) => ({ connectedAccountId }),
  createSteps: ({ connectedAccountId }, tools) => [deleteConnectedAccountStep(tools, connectedAccountId)],
}
