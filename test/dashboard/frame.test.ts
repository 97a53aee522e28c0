import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { systems: 1, residents: 4 } })
})
afterAll(() => fixture[Symbol.asyncDispose]())

describe('the frame around the screens', () => {
  it('should have the title and the content of every screen at the same place', async () => {
    const { page, errors } = await fixture.open('/')
    await waitUntilLive(page)
    const links = page.getByRole('navigation', { name: 'Main' }).getByRole('link')
    const names = await links.allTextContents()
    expect(names.length).toBeGreaterThan(7)
    const boxes = new Set<string>()
    for (const name of names) {
      await links.filter({ hasText: name }).click()
      const heading = page.getByRole('heading', { level: 1, name })
      await heading.waitFor()
      const [title, header] = [await heading.boundingBox(), await page.locator('main header').boundingBox()]
      boxes.add(`${title?.x} ${title?.y} ${title?.height} ${header?.width}`)
    }
    expect([...boxes]).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it('should say who is signed in, and what is live', async () => {
    const { page } = await fixture.open('/')
    await waitUntilLive(page)
    await page.getByRole('banner').getByRole('button', { name: 'Demo', exact: true }).waitFor()
    await page.getByTitle(/^Changes of residents, entrances and credentials appear/).waitFor()
  })

  it('should lead from the screen without move-outs to the residents', async () => {
    const { page, errors } = await fixture.open('/move-outs')
    await page.getByText('No move-out is scheduled').waitFor()
    expect(await page.getByText('0 scheduled move-outs').count()).toBe(0)
    await page.getByRole('main').getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: 'Residents' }).waitFor()
    expect(errors).toEqual([])
  })
})
