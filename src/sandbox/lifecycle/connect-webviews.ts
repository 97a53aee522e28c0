import { randomUUID } from 'node:crypto'
import type { Building } from '../building.ts'
import type { Account, System, Webview } from '../state/entities.ts'
import { createAccountEventFields } from './connected-accounts.ts'
import { addEntrance } from './entrances.ts'

/** Number of entrances of a newly connected ACS system. */
const entranceCount = 8

/** Completes the login on a Connect Webview: creates the connected account, and its ACS system after `issueDelayMs`. */
export function authorizeWebview(building: Building, webview: Webview): void {
  const { connect_webview_id, customer_key } = webview
  const created_at = building.clock.stamp()
  const account: Account = {
    connected_account_id: randomUUID(),
    display_name: 'Latch',
    ...(customer_key === undefined ? {} : { customer_key }),
    custom_metadata: webview.custom_metadata,
    created_at,
    errors: [],
    warnings: [],
  }
  building.state.accounts.put(account)
  building.state.webviews.patch(connect_webview_id, {
    status: 'authorized',
    authorized_at: created_at,
    connected_account_id: account.connected_account_id,
  })
  const about = { ...createAccountEventFields(account), connect_webview_id }
  const customer = customer_key === undefined ? {} : { customer_key }
  building.events.emit('connect_webview.login_succeeded', { ...about, ...customer })
  building.events.emit('connected_account.created', about)
  building.events.emit('connected_account.successful_login', about)
  building.events.emit('connected_account.connected', { ...about, ...customer })
  building.timers.after(building.issueDelayMs, () => completeFirstSync(building, account))
}

/** Marks the login on a Connect Webview as failed, and emits the event. */
export function failWebview(building: Building, webview: Webview): void {
  const { connect_webview_id } = webview
  building.state.webviews.patch(connect_webview_id, { status: 'failed' })
  building.events.emit('connect_webview.login_failed', { connect_webview_id })
}

function completeFirstSync(building: Building, account: Account): void {
  const { connected_account_id } = account
  if (building.state.accounts.get(connected_account_id) === undefined) return
  const system: System = {
    acs_system_id: randomUUID(),
    connected_account_id,
    name: `Latch building ${building.state.systems.size + 1}`,
    time_zone: 'America/New_York',
    created_at: building.clock.stamp(),
    errors: [],
    warnings: [],
  }
  building.state.systems.put(system)
  const { acs_system_id } = system
  building.events.emit('acs_system.added', { acs_system_id, connected_account_id })
  for (let door = 0; door < entranceCount; door += 1) addEntrance(building, system)
  building.events.emit('connected_account.completed_first_sync', createAccountEventFields(account))
}
