import { reachesSystem } from '../../auth/reach.ts'
import type { ConnectedAccountId } from '../../model/ids.ts'
import { refused, refuseIf, type UserError } from '../../model/user-error.ts'
import type { Command, Keyed } from '../command.ts'
import { accountNamed, refuseNarrow, refuseResidents } from '../named.ts'
import type { Facts } from '../saga.ts'
import { createWebviewStep, deleteAccountStep } from '../steps/connection-steps.ts'

export type CreateConnectWebviewInput = Keyed & {
  readonly customRedirectUrl?: string | null | undefined
  readonly customRedirectFailureUrl?: string | null | undefined
}

type WebviewPlan = Facts & {
  readonly customRedirectUrl: string | null
  readonly customRedirectFailureUrl: string | null
}

/** `createConnectWebview`: a page on which a manager logs in to Latch. */
export const createConnectWebview: Command<CreateConnectWebviewInput, WebviewPlan> = {
  name: 'createConnectWebview',
  async prepare({ customRedirectUrl = null, customRedirectFailureUrl = null }, asker) {
    refuseResidents(asker)
    refuseNarrow(asker)
    refuseIf([
      ...redirectErrors('customRedirectUrl', customRedirectUrl),
      ...redirectErrors('customRedirectFailureUrl', customRedirectFailureUrl),
    ])
    return { customRedirectUrl, customRedirectFailureUrl }
  },
  steps: (webview, tools) => [createWebviewStep(tools, webview)],
}

/** A browser is sent there: never to a script or a file. */
function redirectErrors(field: string, url: string | null): UserError[] {
  if (url === null || ['https:', 'http:'].includes(new URL(url).protocol)) return []
  return [{ field: [field], code: 'INVALID', message: 'The address must begin with https:// or http://.' }]
}

export type DeleteConnectedAccountInput = Keyed & { readonly connectedAccountId: string }

type AccountPlan = Facts & { readonly connectedAccountId: ConnectedAccountId }

/** `deleteConnectedAccount`: everything under it leaves Seam; Latch keeps what it has. */
export const deleteConnectedAccount: Command<DeleteConnectedAccountInput, AccountPlan> = {
  name: 'deleteConnectedAccount',
  async prepare(input, asker, seam) {
    refuseResidents(asker)
    const { connectedAccountId } = await accountNamed(input.connectedAccountId, asker)
    const systems = asker.viewer.reach.acsSystemIds === null ? [] : await seam.listSystems()
    const mine = systems.filter((system) => system.connectedAccountId === connectedAccountId)
    if (!mine.every((system) => reachesSystem(asker.viewer.reach, system.acsSystemId)))
      throw refused(
        'connectedAccountId',
        'NOT_ALLOWED',
        'This needs a key that reaches every system of the account.',
      )
    return { connectedAccountId }
  },
  about: ({ connectedAccountId }) => ({ connectedAccountId }),
  steps: ({ connectedAccountId }, tools) => [deleteAccountStep(tools, connectedAccountId)],
}
