import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

/** A busy machine is not a failure. */
const pollOptions = { timeout: 60_000 }

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 2, residents: 12 } })
})
afterAll(() => fixture[Symbol.asyncDispose]())

type Entrance = {
  readonly id: string
  readonly displayName: string
  readonly latch: { readonly isConnected: boolean | null }
  readonly acsSystem: { readonly id: string; readonly name: string }
  readonly credentials: {
    readonly nodes: readonly {
      readonly seamId: string
      readonly acsUser: { readonly displayName: string } | null
    }[]
  }
}

async function readEntrances(): Promise<readonly Entrance[]> {
  const { acsEntrances } = await fixture.world.ask<{ acsEntrances: { nodes: readonly Entrance[] } }>(`{
    acsEntrances(first: 100) {
      nodes {
        id
        displayName
        latch { isConnected }
        acsSystem { id name }
        credentials(first: 100) { nodes { seamId acsUser { displayName } } }
      }
    }
  }`)
  return acsEntrances.nodes
}

describe('the entrances of several buildings', () => {
  it('should be sorted by their building where their names are equal, and filtered by it', async () => {
    const entrances = await readEntrances()
    const buildings = entrances
      .filter(({ displayName }) => displayName === 'Front Door')
      .map(({ acsSystem }) => acsSystem.name)
      .sort()
    const { page, errors } = await fixture.open('/entrances?q=Front%20Door')
    const cells = page.getByRole('row').getByRole('cell', { name: /^(Harbor|Riverside)/ })
    await cells.first().waitFor()
    expect(await cells.allTextContents()).toEqual(buildings)
    await page.getByRole('button', { name: 'All buildings' }).click()
    await page.getByRole('option', { name: buildings[1] ?? '' }).click()
    await page.getByText('1 entrance', { exact: true }).waitFor()
    expect(await cells.allTextContents()).toEqual([buildings[1]])
    expect(errors).toEqual([])
  })
})

describe('an entrance', () => {
  it('should show each resident once, with all credentials', async () => {
    const names = (entrance: Entrance) =>
      entrance.credentials.nodes.map(({ acsUser }) => acsUser?.displayName ?? '')
    const entrance = (await readEntrances()).find((each) => new Set(names(each)).size < names(each).length)
    if (entrance === undefined) throw new Error('No resident has several credentials for an entrance.')
    const repeated = names(entrance).find((name, index, all) => all.indexOf(name) < index) ?? ''
    const count = names(entrance).filter((name) => name === repeated).length
    const { page, errors } = await fixture.open(`/entrances/${entrance.id}`)
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: repeated, exact: true }) })
    await row.getByText('PIN', { exact: true }).first().waitFor()
    expect(await row.count()).toBe(1)
    expect(await row.getByText('Active', { exact: true }).count()).toBe(count)

    // A change of one of the credentials marks the row.
    await waitUntilLive(page)
    const background = () => row.evaluate((element) => getComputedStyle(element).backgroundColor)
    const before = await background()
    fixture.world.sandbox.act('revoke', {
      acs_credential_id:
        entrance.credentials.nodes.find(({ acsUser }) => acsUser?.displayName === repeated)?.seamId ?? '',
    })
    await expect.poll(background, pollOptions).not.toBe(before)
    await expect.poll(() => row.getByText('Active', { exact: true }).count(), pollOptions).toBe(count - 1)
    expect(errors).toEqual([])
  })

  it('should explain what it means that the lock is offline', async () => {
    const entrances = await readEntrances()
    const offline = entrances.find(({ latch }) => latch.isConnected === false)
    const online = entrances.find(({ latch }) => latch.isConnected === true)
    const explanation = 'Mobile keys still work. New PINs arrive when the lock is online again.'
    const { page, errors } = await fixture.open(`/entrances/${offline?.id}`)
    await page.getByText(explanation).waitFor()
    await page.goto(`${fixture.world.url}/entrances/${online?.id}`)
    await page.getByText('Online', { exact: true }).waitFor()
    expect(await page.getByText(explanation).count()).toBe(0)
    // The name in Latch is shown only where it is another one.
    expect(await page.getByText('Name in Latch').count()).toBe(0)
    expect(errors).toEqual([])
  })
})
