import { describe, expect, it } from 'vitest'
import { eventFaults } from '../openapi-validation.ts'
import { callApi, openReceiver, openSandbox, waitUntil } from '../sandbox-fixture.ts'

describe('the simulated activity', () => {
  it('should emit every type of event, and keep the number of residents about constant', async () => {
    await using sandbox = await openSandbox({ activity: true, activityIntervalMs: 1 })
    const types = () => new Set(sandbox.events().map((event) => event.event_type))
    await waitUntil(
      () => types().has('connected_account.completed_first_sync_after_reconnection') && types().size >= 11,
    )
    await waitUntil(() => sandbox.events().length > 1000, 25_000)
    expect(types()).toEqual(
      new Set([
        'acs_user.created',
        'acs_user.deleted',
        'acs_credential.issued',
        'acs_credential.reissued',
        'acs_credential.deleted',
        'acs_system.disconnected',
        'acs_system.connected',
        'connected_account.disconnected',
        'connected_account.connected',
        'connected_account.completed_first_sync_after_reconnection',
        'acs_credential.invalidated',
      ]),
    )
    for (const event of sandbox.events()) expect(eventFaults(event)).toEqual([])
    const { acsUserIds, acsCredentialIds } = sandbox.ids()
    expect(acsUserIds.length).toBeGreaterThanOrEqual(100)
    expect(acsUserIds.length).toBeLessThanOrEqual(110)
    expect(acsCredentialIds.length).toBeLessThanOrEqual(345)
    expect((await callApi(sandbox, 'acs/users/list')).status).toBe(200)
  })

  it('should emit and send nothing after the sandbox is closed', async () => {
    await using receiver = await openReceiver()
    const sandbox = await openSandbox({ activity: true, activityIntervalMs: 1, issueDelayMs: 5 })
    await callApi(sandbox, 'webhooks/create', { url: receiver.url })
    await waitUntil(() => receiver.received.length > 5)
    await sandbox.close()
    const happened = sandbox.events().length
    const watch = await openSandbox({ activity: true, activityIntervalMs: 1 })
    await waitUntil(() => watch.events().length > 20)
    await watch.close()
    expect(sandbox.events()).toHaveLength(happened)
    await expect(callApi(sandbox, 'workspaces/get')).rejects.toThrow()
  })

  it('should be off by default', async () => {
    await using sandbox = await openSandbox({ activityIntervalMs: 1 })
    await using busy = await openSandbox({ activity: true, activityIntervalMs: 1 })
    await waitUntil(() => busy.events().length > 20)
    expect(sandbox.events()).toEqual([])
  })
})
