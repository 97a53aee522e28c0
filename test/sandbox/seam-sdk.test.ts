import { Seam, SeamHttpApiError, SeamHttpInvalidInputError, SeamHttpUnauthorizedError } from 'seam'
import { describe, expect, it } from 'vitest'
import { openSandbox } from './sandbox-fixture.ts'

describe("Seam's own SDK", () => {
  it('should move a resident in and out', async () => {
    await using sandbox = await openSandbox()
    const seam = new Seam({ apiKey: sandbox.apiKey, endpoint: sandbox.url })
    const [system] = await seam.acs.systems.list()
    const acs_system_id = system?.acs_system_id ?? ''
    const doors = await seam.acs.entrances.list({ acs_system_id })
    const [front = '', garage = ''] = doors.map((door) => door.acs_entrance_id)

    const identity = await seam.userIdentities.create({
      full_name: 'Jane Doe',
      email_address: 'jane@example.com',
    })
    const { user_identity_id } = identity
    const user = await seam.acs.users.create({ acs_system_id, full_name: 'Jane Doe', user_identity_id })
    const { acs_user_id } = user
    const key = await seam.acs.credentials.create({
      acs_user_id,
      access_method: 'mobile_key',
      is_multi_phone_sync_credential: true,
      allowed_acs_entrance_ids: [front, garage],
    })
    const code = await seam.acs.credentials.create({
      acs_user_id,
      access_method: 'code',
      allowed_acs_entrance_ids: [front],
      starts_at: '2099-08-01T15:00:00.000Z',
      ends_at: '2099-08-05T11:00:00.000Z',
    })
    expect(code.code).toMatch(/^\d{7}$/)
    expect(key.user_identity_id).toBe(user_identity_id)

    const { acs_credential_id } = code
    await seam.acs.credentials.update({ acs_credential_id, ends_at: '2099-09-01T11:00:00.000Z' })
    expect((await seam.acs.credentials.get({ acs_credential_id })).ends_at).toBe('2099-09-01T11:00:00.000Z')
    const opened = await seam.acs.credentials.listAccessibleEntrances({
      acs_credential_id: key.acs_credential_id,
    })
    expect(opened.map((door) => door.acs_entrance_id).sort()).toEqual([front, garage].sort())
    const session = await seam.clientSessions.getOrCreate({ user_identity_id })
    expect(session.token).toMatch(/^seam_cst/)

    await seam.acs.users.suspend({ acs_user_id })
    expect((await seam.acs.users.get({ acs_user_id })).is_suspended).toBe(true)
    await seam.acs.users.update({ acs_user_id, full_name: 'Jane Roe' })
    await seam.userIdentities.delete({ user_identity_id })
    await expect(seam.acs.users.get({ acs_user_id })).rejects.toMatchObject({ code: 'acs_user_not_found' })

    const events = await seam.events.list({ since: user.created_at.replace(/\.\d+Z$/, '.000Z') })
    expect(events.map((event) => event.event_type)).toEqual([
      'acs_user.created',
      'acs_credential.issued',
      'acs_credential.issued',
      'acs_credential.deleted',
      'acs_credential.deleted',
      'acs_user.deleted',
      'client_session.deleted',
    ])
  })

  it('should read all pages with its paginator', async () => {
    await using sandbox = await openSandbox({ residents: 130, systems: 1 })
    const seam = new Seam({ apiKey: sandbox.apiKey, endpoint: sandbox.url })
    const pages = seam.createPaginator(seam.acs.users.list({ limit: 50 }))
    const users = await pages.flattenToArray()
    expect(new Set(users.map((user) => user.acs_user_id)).size).toBe(130)
  })

  it('should throw errors of its own classes', async () => {
    await using sandbox = await openSandbox()
    const seam = new Seam({ apiKey: sandbox.apiKey, endpoint: sandbox.url })
    const stranger = new Seam({ apiKey: 'seam_another_key', endpoint: sandbox.url })
    await expect(stranger.workspaces.get()).rejects.toBeInstanceOf(SeamHttpUnauthorizedError)
    const invalid = await seam.acs.users.get({ acs_user_id: 'nobody' }).catch((thrown: unknown) => thrown)
    expect(invalid).toBeInstanceOf(SeamHttpInvalidInputError)
    expect((invalid as SeamHttpInvalidInputError).getValidationErrorMessages('acs_user_id')).toEqual([
      'Invalid uuid',
    ])
    const missing = await seam.acs.users
      .get({ acs_user_id: '00000000-0000-4000-8000-000000000000' })
      .catch((thrown: unknown) => thrown)
    expect(missing).toBeInstanceOf(SeamHttpApiError)
    expect(missing).toMatchObject({ statusCode: 404, code: 'acs_user_not_found' })
  })
})
