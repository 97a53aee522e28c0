import type { ConnectedAccountId, ConnectWebviewId } from '../../model/ids.ts'
import type { Tools } from '../command.ts'
import type { Done, Step } from '../saga.ts'
import { connectionChange } from '../tell.ts'
import { unlessGone } from './gone.ts'

/** Under this name a Connect Webview's metadata say which run made it. */
const markName = 'latchkey'

/** Makes a Connect Webview for Latch. One whose answer was lost is known by the mark on it. */
export function createWebviewStep(
  { seam, id }: Tools,
  webview: { readonly customRedirectUrl: string | null; readonly customRedirectFailureUrl: string | null },
): Step {
  const done = (connectWebviewId: ConnectWebviewId): Done => ({
    facts: { connectWebviewId },
    changes: [connectionChange('CREATED', { connectWebviewId })],
  })
  return {
    name: 'createConnectWebview',
    async do() {
      const made = await seam.createWebview({
        ...webview,
        acceptedProviders: ['latch'],
        customMetadata: { [markName]: id },
      })
      return done(made.connectWebviewId)
    },
    async find() {
      const [made] = await seam.listWebviewsWith({ name: markName, value: id })
      return made === undefined ? null : done(made.connectWebviewId)
    },
  }
}

/** Takes a connected account out of Seam, with everything under it. */
export function deleteAccountStep({ seam }: Tools, connectedAccountId: ConnectedAccountId): Step {
  const done: Done = { changes: [connectionChange('DELETED', { connectedAccountId })] }
  return {
    name: 'deleteConnectedAccount',
    async do() {
      await unlessGone(seam.deleteAccount(connectedAccountId))
      return done
    },
    async find() {
      return (await seam.getAccount(connectedAccountId)) === null ? done : null
    },
  }
}
