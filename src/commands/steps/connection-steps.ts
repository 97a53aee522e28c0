import type { ConnectedAccountId, ConnectWebviewId } from '../../model/ids.ts'
import type { StepTools } from '../command.ts'
import { createConnectionChange } from '../publishing/mutation-changes.ts'
import type { Step, StepResult } from '../saga.ts'
import { ignoreNotFound } from './ignore-not-found.ts'

/** Key in the metadata of a Connect Webview; its value is the id of the command that created it. */
const metadataKey = 'latchkey'

/** Creates a Connect Webview for Latch. After a lost answer, it is found by its metadata. */
export function createConnectWebviewStep(
  { seam, commandId }: StepTools,
  webview: { readonly customRedirectUrl: string | null; readonly customRedirectFailureUrl: string | null },
): Step {
  const toResult = (connectWebviewId: ConnectWebviewId): StepResult => ({
    facts: { connectWebviewId },
    changes: [createConnectionChange('CREATED', { connectWebviewId })],
  })
  return {
    name: 'createConnectWebview',
    async execute() {
      const created = await seam.createWebview({
        ...webview,
        acceptedProviders: ['latch'],
        customMetadata: { [metadataKey]: commandId },
      })
      return toResult(created.connectWebviewId)
    },
    async findResult() {
      const [created] = await seam.listWebviewsByMetadata({ name: metadataKey, value: commandId })
      return created === undefined ? null : toResult(created.connectWebviewId)
    },
  }
}

/** Deletes a connected account from Seam with all its objects. */
export function deleteConnectedAccountStep(
  { seam }: StepTools,
  connectedAccountId: ConnectedAccountId,
): Step {
  const result: StepResult = { changes: [createConnectionChange('DELETED', { connectedAccountId })] }
  return {
    name: 'deleteConnectedAccount',
    async execute() {
      await ignoreNotFound(seam.deleteAccount(connectedAccountId))
      return result
    },
    async findResult() {
      return (await seam.getAccount(connectedAccountId)) === null ? result : null
    },
  }
}
