import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 1, residents: 12 } })
})
afterAll(() => fixture[Symbol.asyncDispose]())

type Access = {
  readonly acsEntrances: {
    readonly nodes: readonly {
      readonly id: string
      readonly displayName: string
      readonly credentials: {
        readonly nodes: readonly { readonly acsUser: { readonly displayName: string } | null }[]
      }
    }[]
  }
}
const readAccess = () =>
  fixture.world.ask<Access>(
    '{ acsEntrances(first: 40) { nodes { id displayName credentials(first: 100) { nodes { acsUser { displayName } } } } } }',
  )

describe('the entrances', () => {
  it('should be filtered by the address, and lead to their credentials', async () => {
    const { acsEntrances } = await readAccess()
    const entrance = acsEntrances.nodes.find(({ credentials }) => credentials.nodes.length > 0)
    if (entrance === undefined) throw new Error('No entrance has a credential.')
    const { page, errors } = await fixture.open(`/entrances?q=${encodeURIComponent(entrance.displayName)}`)
    await page.getByRole('link', { name: entrance.displayName, exact: true }).click()
    await page.getByRole('heading', { level: 1, name: entrance.displayName }).waitFor()
    const names = new Set(entrance.credentials.nodes.map(({ acsUser }) => acsUser?.displayName ?? ''))
    for (const name of names) await page.getByRole('link', { name, exact: true }).first().waitFor()
    expect(errors).toEqual([])
  })
})

it('should show the credentials of a resident who is suspended as not usable, on the entrance and in the matrix', async () => {
  const { acsUsers } = await fixture.world.ask<{
    acsUsers: {
      nodes: {
        id: string
        displayName: string
        acsSystem: { id: string }
        credentials: { nodes: { status: string; entrances: { nodes: { id: string }[] } }[] }
      }[]
    }
  }>(`{
    acsUsers(first: 50, filter: { isSuspended: false }) {
      nodes {
        id
        displayName
        acsSystem { id }
        credentials { nodes { status entrances(first: 1) { nodes { id } } } }
      }
    }
  }`)
  const user = acsUsers.nodes.find(({ credentials }) =>
    credentials.nodes.every(({ status }) => status === 'ACTIVE'),
  )
  const entranceId = user?.credentials.nodes[0]?.entrances.nodes[0]?.id
  const name = user?.displayName ?? ''
  const { page, errors } = await fixture.open(`/entrances/${entranceId}`)
  await waitUntilLive(page)
  const badges = page.getByRole('row').filter({ hasText: name }).getByText('Suspended', { exact: true })
  await page.getByRole('row').filter({ hasText: name }).first().waitFor()
  expect(await badges.count()).toBe(0)
  await fixture.world.ask(
    'mutation ($input: SuspendAcsUserInput!) { suspendAcsUser(input: $input) { userErrors { message } } }',
    { input: { acsUserId: user?.id } },
  )
  await badges.first().waitFor()

  await page.goto(`${fixture.world.url}/matrix?building=${user?.acsSystem.id}&q=${encodeURIComponent(name)}`)
  await page.getByRole('list', { name: 'Legend' }).getByText('Suspended').waitFor()
  await page.getByTitle('(Suspended)').first().waitFor()
  expect(errors).toEqual([])
})

describe('the access matrix', () => {
  it('should show and export who can unlock what, and follow a change', async () => {
    const { page, errors } = await fixture.open('/matrix')
    await waitUntilLive(page)
    const exportButton = page.getByRole('button', { name: 'Export CSV' })
    await page.locator('button:not([disabled])', { hasText: 'Export CSV' }).waitFor()
    const downloading = page.waitForEvent('download')
    await exportButton.click()
    const csv = await readFile(await (await downloading).path(), 'utf8')
    const [header = '', ...lines] = csv.replace('\uFEFF', '').trimEnd().split('\r\n')
    const { acsEntrances } = await readAccess()
    expect(header.split(',').slice(1)).toEqual(acsEntrances.nodes.map(({ displayName }) => displayName))
    expect(lines.some((line) => line.includes('Mobile key'))).toBe(true)

    // One letter for each credential of a cell.
    const countCredentials = () => page.locator('td span[title] > span[aria-hidden]').count()
    const before = await countCredentials()
    expect(before).toBeGreaterThan(0)
    fixture.world.sandbox.act('revoke')
    await expect.poll(countCredentials, { timeout: 30_000 }).toBeLessThan(before)
    expect(errors).toEqual([])
  })
})
