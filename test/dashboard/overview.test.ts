import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 2, residents: 12, issueDelayMs: 600_000 } })
})
afterAll(() => fixture[Symbol.asyncDispose]())

describe('an address without a screen', () => {
  it.each(['/nothing/here', '/residents/a/b/c', '/%'])(
    'should be a page that leads to the overview: %s',
    async (path) => {
      const { page, errors } = await fixture.open(path)
      await page.getByRole('heading', { name: 'This page does not exist' }).waitFor()
      await page.getByRole('link', { name: 'Go to the overview' }).click()
      await page.getByRole('region', { name: 'Latest changes' }).waitFor()
      expect(page.url()).toBe(`${fixture.world.url}/`)
      expect(errors).toEqual([])
    },
  )
})

describe('the overview', () => {
  it('should show each building with the numbers of the graph', async () => {
    const { page, errors } = await fixture.open('/')
    const { acsSystems } = await fixture.world.ask<{
      acsSystems: {
        nodes: { name: string; users: { totalCount: number }; entrances: { totalCount: number } }[]
      }
    }>('{ acsSystems { nodes { name users { totalCount } entrances { totalCount } } } }')
    expect(acsSystems.nodes).toHaveLength(2)
    for (const { name, users, entrances } of acsSystems.nodes) {
      const card = page.getByRole('region', { name })
      await card.getByText('residents').waitFor()
      const facts = await card.getByRole('definition').allTextContents()
      expect([facts[0], facts[2]]).toEqual([String(users.totalCount), String(entrances.totalCount)])
    }
    expect(errors).toEqual([])
  })

  it('should show a change of the building in the latest changes and in the chart', async () => {
    const { page, errors } = await fixture.open('/')
    await waitUntilLive(page)
    const chart = page.getByRole('img')
    const before = await chart.getAttribute('aria-label')
    fixture.world.sandbox.act('revoke')
    await page
      .getByRole('region', { name: 'Latest changes' })
      .getByText(/revoked$/)
      .first()
      .waitFor()
    await page.locator(`[role=img]:not([aria-label="${before}"])`).waitFor()
    expect(errors).toEqual([])
  })

  it('should show the counts of a building as loading until its lists are read', async () => {
    const { page } = await fixture.open('/entrances')
    const { acsSystems } = await fixture.world.ask<{ acsSystems: { nodes: { name: string }[] } }>(
      '{ acsSystems(first: 1) { nodes { name } } }',
    )
    await page.route('**/graphql', async (route) => {
      if (!/query Overview(Problems)?\b/.test(route.request().postData() ?? '')) return route.continue()
      const response = await route.fetch()
      const { data } = await response.json()
      const [building] = data.acsSystems.nodes
      building.sync = { ...building.sync, state: 'LOADING', syncedAt: null }
      if (building.users !== undefined) building.users.totalCount = 0
      return route.fulfill({ response, json: { data } })
    })
    await page.getByRole('link', { name: 'Overview' }).click()
    const card = page.getByRole('region', { name: acsSystems.nodes[0]?.name ?? '' })
    await card.getByText(/^Reading residents/).waitFor()
    expect(await card.getByRole('definition').first().textContent()).toBe('…Loading')
  })

  it('should show equal changes as one line with their number', async () => {
    const { acsUsers } = await fixture.world.ask<{
      acsUsers: { nodes: { id: string; acsSystem: { name: string } }[] }
    }>('{ acsUsers(first: 1) { nodes { id acsSystem { name } } } }')
    const [user] = acsUsers.nodes
    for (const fullName of ['Zoe Brandt', 'Zoe Carver', 'Zoe Diaz'])
      await fixture.world.ask(
        'mutation ($input: UpdateAcsUserInput!) { updateAcsUser(input: $input) { userErrors { message } } }',
        { input: { acsUserId: user?.id, fullName } },
      )
    const { page, errors } = await fixture.open('/')
    const line = page.getByRole('region', { name: 'Latest changes' }).getByRole('listitem').first()
    await line.getByText(`Zoe Diaz changed (name) (3 times) · ${user?.acsSystem.name}`).waitFor()
    expect(errors).toEqual([])
  })

  it('should list a credential that waits for Latch among the problems, with its building', async () => {
    const { acsUsers } = await fixture.world.ask<{
      acsUsers: {
        nodes: {
          id: string
          displayName: string
          acsSystem: { name: string; entrances: { nodes: { id: string }[] } }
        }[]
      }
    }>(
      '{ acsUsers(first: 1) { nodes { id displayName acsSystem { name entrances(first: 1) { nodes { id } } } } } }',
    )
    const [user] = acsUsers.nodes
    await fixture.world.ask(
      'mutation ($input: IssueCodeInput!) { issueCode(input: $input) { userErrors { message } } }',
      { input: { acsUserId: user?.id, acsEntranceId: user?.acsSystem.entrances.nodes[0]?.id } },
    )
    const { page, errors } = await fixture.open('/')
    const problem = page
      .getByRole('region', { name: 'Problems' })
      .getByRole('listitem')
      .filter({ hasText: `${user?.displayName} · PIN · ${user?.acsSystem.name}` })
    await problem.getByText('Waiting for Latch', { exact: true }).waitFor()
    await problem.getByRole('link', { name: user?.displayName ?? '' }).click()
    await page.waitForURL(`**/residents/${user?.id}`)
    expect(errors).toEqual([])
  })

  it('should list an entrance that went offline among the problems', async () => {
    const { page, errors } = await fixture.open('/')
    await waitUntilLive(page)
    const { acsEntrances } = await fixture.world.ask<{
      acsEntrances: { nodes: { displayName: string }[] }
    }>('{ acsEntrances(first: 1, filter: { isConnected: false }) { nodes { displayName } } }')
    const [offline] = acsEntrances.nodes
    if (offline === undefined) throw new Error('The building has no entrance that is offline.')
    const problems = page.getByRole('region', { name: 'Problems' })
    await problems.getByRole('link', { name: new RegExp(offline.displayName) }).click()
    await page.waitForURL(/\/entrances\//)
    expect(errors).toEqual([])
  })

  it('should tell that the chart could not be read, instead of showing no changes', async () => {
    const { page } = await fixture.open('/residents')
    await page.route('**/graphql', (route) =>
      /query OverviewActivity\b/.test(route.request().postData() ?? '') ? route.abort() : route.continue(),
    )
    await page.getByRole('link', { name: 'Overview' }).click()
    const chart = page.getByRole('region', { name: 'Changes over time' })
    await chart.getByText('The gateway cannot be reached').waitFor()
    expect(await chart.getByRole('img').count()).toBe(0)
    await page.unroute('**/graphql')
    await chart.getByRole('button', { name: 'Try again' }).click()
    await chart.getByText(/^Last day: \d+ change/).waitFor()
  })
})
