import type { Viewer } from '../src/auth/viewer.ts'
import type { CatalogView } from '../src/catalog/view.ts'
import type { ApiKeyAdministration } from '../src/commands/api-keys/api-key-administration.ts'
import type { Commands } from '../src/commands/commands.ts'
import type { AuditTrail } from '../src/commands/records/audit-trail.ts'
import type { ChangeLog } from '../src/feed/change-log.ts'
import type { CredentialStatus } from '../src/model/credential-status.ts'
import type { AcsCredential } from '../src/model/entities.ts'
import type { GatewayStatus } from '../src/observability/gateway-status.ts'
import type { WebhookEndpoints } from '../src/webhook-delivery/webhook-endpoints.ts'

/** Progress of a mutation that processes several items: one more item is finished. */
export type MutationProgress = {
  /** Response key of the mutation. */
  readonly field: string
  /** Index of the finished item in the input. */
  readonly index: number
  readonly status: 'DONE' | 'REFUSED' | 'FAILED'
  /** Number of finished items, and number of all items. */
  readonly done: number
  readonly total: number
}

/** Context that all resolvers of one request share. */
export type GraphContext = {
  /** Reports progress to the client. Absent if the transport cannot send progress. */
  readonly onProgress?: ((progress: MutationProgress) => void) | undefined
  readonly viewer: Viewer
  readonly view: CatalogView
  /** Cursor of this viewer for a journal position that all data of this request includes. */
  readonly cursor: string
  /**
   * Time of the request in ISO 8601. Every status and access check in the request is computed for this time. A mutation
   * sets it to the time at which it ends, so that its payload shows the state after the mutation.
   */
  now: string
  /** Returns the status of a credential at `now`. A response that reads a status this way can be reused until the status changes. */
  statusOf(credential: AcsCredential): CredentialStatus
  /** Resolves to whether the viewer's API key or token is still valid. */
  isCredentialValid(): Promise<boolean>
  readonly changeLog: ChangeLog
  readonly commands: Commands
  readonly webhooks: WebhookEndpoints
  readonly auditTrail: AuditTrail
  readonly apiKeys: ApiKeyAdministration
  readGatewayStatus(): GatewayStatus
  /** Maximum lifetime of a client session. */
  readonly clientSessionMaxMs: number
}
