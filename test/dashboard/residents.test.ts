import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard()
})
afterAll(() => fixture[Symbol.asyncDispose]())

describe('the list of residents', () => {
  it('should show a new resident without a reload', async () => {
    const { page, errors } = await fixture.open('/residents')
    await waitUntilLive(page)
    const { acsSystems } = await fixture.world.ask<{ acsSystems: { nodes: { id: string }[] } }>(
      '{ acsSystems { nodes { id } } }',
    )
    await fixture.world.ask(
      'mutation ($input: CreateAcsUserInput!) { createAcsUser(input: $input) { userErrors { message } } }',
      { input: { acsSystemId: acsSystems.nodes[0]?.id, fullName: 'Zora Newcomer' } },
    )
    await page.getByRole('searchbox', { name: 'Find a resident' }).last().fill('zora')
    await page.getByRole('link', { name: 'Zora Newcomer' }).waitFor()
    expect(errors).toEqual([])
  })
})
