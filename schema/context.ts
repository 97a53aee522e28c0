import type { Viewer } from '../src/auth/viewer.ts'
import type { View } from '../src/catalog/view.ts'
import type { Commands } from '../src/commands/commands.ts'
import type { ChangeLog } from '../src/feed/change-log.ts'
import type { Webhooks } from '../src/webhooks/webhooks.ts'

/** What every resolver of one request shares. */
export type GraphContext = {
  readonly viewer: Viewer
  readonly view: View
  /** A journal position that everything this request reads is at least as new as, written as a cursor for this viewer. */
  readonly cursor: string
  /**
   * The time of the request, as ISO 8601; every status and access decision in it is as of this instant. A mutation moves it on to its
   * end, so that what it made is told as it is then.
   */
  now: string
  readonly log: ChangeLog
  readonly commands: Commands
  readonly webhooks: Webhooks
}
