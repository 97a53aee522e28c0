import { describe, expect, it } from 'vitest'
import { callApi, openSandbox, readAllPages } from '../sandbox-fixture.ts'

describe('a paginated list', () => {
  it('should return 1,200 ACS users in pages of 500, each once', async () => {
    await using sandbox = await openSandbox({ systems: 1, residents: 1200 })
    const [acs_system_id] = sandbox.ids().acsSystemIds
    const pages = await readAllPages(sandbox, 'acs/users/list', 'acs_users', { acs_system_id })
    expect(pages.map((page) => page.length)).toEqual([500, 500, 200])
    expect(new Set(pages.flat().map((user) => user.acs_user_id)).size).toBe(1200)
  })

  it.each([
    ['acs/credentials/list', 'acs_credentials', 500, 900],
    ['user_identities/list', 'user_identities', 500, 597],
    ['acs/entrances/list', 'acs_entrances', 900, 950],
  ])('should have the default page size: %s', async (path, key, size, total) => {
    const isDoors = key === 'acs_entrances'
    const residents = key === 'acs_credentials' ? 300 : 603
    await using sandbox = await openSandbox({
      systems: 1,
      doors: isDoors ? 950 : 40,
      residents: isDoors ? 1 : residents,
    })
    const pages = await readAllPages(sandbox, path, key, {})
    expect(pages.map((page) => page.length)).toEqual([size, total - size])
  })

  it('should return 5,000 ACS users and 15,000 credentials within 10 seconds', async () => {
    await using sandbox = await openSandbox({ systems: 1, residents: 5000 })
    const startedMs = performance.now()
    const users = await readAllPages(sandbox, 'acs/users/list', 'acs_users', {})
    const keys = await readAllPages(sandbox, 'acs/credentials/list', 'acs_credentials', {})
    expect([users.flat().length, keys.flat().length]).toEqual([5000, 15_000])
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })

  it('should return each row once, even if rows are deleted and created between pages', async () => {
    await using sandbox = await openSandbox()
    const params = { limit: 40 }
    const first = await callApi(sandbox, 'acs/users/list', params)
    const { next_page_cursor } = first.body.pagination
    const gone = first.body.acs_users[3].acs_user_id
    await callApi(sandbox, 'acs/users/delete', { acs_user_id: gone })
    sandbox.act('moveIn')
    const second = await callApi(sandbox, 'acs/users/list', { ...params, page_cursor: next_page_cursor })
    const third = await callApi(sandbox, 'acs/users/list', {
      ...params,
      page_cursor: second.body.pagination.next_page_cursor,
    })
    const all = [first, second, third].flatMap(({ body }) => body.acs_users)
    expect(new Set(all.map((user) => user.acs_user_id)).size).toBe(101)
    expect(third.body.pagination).toEqual({
      next_page_cursor: null,
      has_next_page: false,
      next_page_url: null,
    })
  })

  it('should reject a cursor with other parameters', async () => {
    await using sandbox = await openSandbox()
    const [acs_system_id] = sandbox.ids().acsSystemIds
    const { body } = await callApi(sandbox, 'acs/users/list', { limit: 10 })
    const page_cursor = body.pagination.next_page_cursor
    for (const changed of [{ limit: 11 }, { limit: 10, acs_system_id }, {}]) {
      const other = await callApi(sandbox, 'acs/users/list', { ...changed, page_cursor })
      expect([other.status, other.body.error.type]).toEqual([400, 'mismatched_page_parameters'])
    }
    const elsewhere = await callApi(sandbox, 'acs/credentials/list', { limit: 10, page_cursor })
    expect(elsewhere.body.error.type).toBe('mismatched_page_parameters')
    const garbage = await callApi(sandbox, 'acs/users/list', { limit: 10, page_cursor: 'garbage' })
    expect([garbage.status, garbage.body.error.type]).toEqual([400, 'invalid_input'])
  })

  it('should return the URL of the next page', async () => {
    await using sandbox = await openSandbox()
    const { body } = await callApi(sandbox, 'acs/users/list', { limit: 60 })
    const response = await fetch(body.pagination.next_page_url, {
      headers: { authorization: `Bearer ${sandbox.apiKey}` },
    })
    const next = (await response.json()) as { acs_users: unknown[] }
    expect(next.acs_users).toHaveLength(40)
  })
})

describe('filters', () => {
  it('should match by search, e-mail address, phone number, time and kind', async () => {
    await using sandbox = await openSandbox()
    const { body: all } = await callApi(sandbox, 'acs/users/list')
    const one = all.acs_users[10]
    const search = await callApi(sandbox, 'acs/users/list', { search: one.email_address.toUpperCase() })
    const byEmail = await callApi(sandbox, 'acs/users/list', {
      user_identity_email_address: one.email_address,
    })
    const byPhone = await callApi(sandbox, 'acs/users/list', { user_identity_phone_number: one.phone_number })
    const before = await callApi(sandbox, 'acs/users/list', { created_before: one.created_at })
    for (const found of [search, byEmail, byPhone]) {
      expect(found.body.acs_users.map((user: { acs_user_id: string }) => user.acs_user_id)).toEqual([
        one.acs_user_id,
      ])
    }
    expect(before.body.acs_users).toEqual(all.acs_users.slice(0, 10))
    const phones = await callApi(
      sandbox,
      'acs/credentials/list',
      { is_multi_phone_sync_credential: 'true' },
      'GET',
    )
    expect(phones.body.acs_credentials).toHaveLength(99)
  })

  it('should match nothing by an empty list of ids, and all apply together', async () => {
    await using sandbox = await openSandbox()
    const [first, second] = sandbox.ids().acsSystemIds
    const [door] = sandbox.ids().acsEntranceIds
    const empty = await callApi(sandbox, 'acs/entrances/list', { acs_entrance_ids: [] }, 'GET')
    const elsewhere = await callApi(sandbox, 'acs/entrances/list', {
      acs_entrance_ids: [door],
      acs_system_id: second,
    })
    const there = await callApi(sandbox, 'acs/entrances/list', {
      acs_entrance_ids: [door],
      acs_system_id: first,
    })
    expect([empty, elsewhere, there].map(({ body }) => body.acs_entrances.length)).toEqual([0, 0, 1])
  })

  it('should find the same access from a credential and from an entrance', async () => {
    await using sandbox = await openSandbox()
    const [acs_credential_id = ''] = sandbox.ids().acsCredentialIds
    const listed = await callApi(sandbox, 'acs/entrances/list', { acs_credential_id })
    const accessible = await callApi(sandbox, 'acs/credentials/list_accessible_entrances', {
      acs_credential_id,
    })
    expect(listed.body.acs_entrances).toEqual(accessible.body.acs_entrances)
    for (const { acs_entrance_id } of listed.body.acs_entrances) {
      const { body } = await callApi(sandbox, 'acs/entrances/list_credentials_with_access', {
        acs_entrance_id,
      })
      const ids = body.acs_credentials.map((row: { acs_credential_id: string }) => row.acs_credential_id)
      expect(ids).toContain(acs_credential_id)
    }
  })
})
