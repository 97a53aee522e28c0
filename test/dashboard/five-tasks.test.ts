import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard } from '../support/dashboard.ts'

/** Tasks of a person who sees the page for the first time: from the overview, by visible labels only, in few steps. */

type Credential = {
  readonly id: string
  readonly accessMethod: string
  readonly status: string
  readonly endsAt: string | null
  readonly entrances: { readonly nodes: readonly { readonly displayName: string }[] }
}
type Resident = {
  readonly displayName: string
  readonly isSuspended: boolean
  readonly credentials: { readonly nodes: readonly Credential[] }
}

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard({ sandbox: { issueDelayMs: 300 } })
})
afterAll(() => fixture[Symbol.asyncDispose]())

/** Someone at the page. A step is a click, a filled field or a key. */
async function openOverview() {
  const { page, errors } = await fixture.open('/')
  const person = {
    page,
    errors,
    steps: 0,
    async click(locator: Locator) {
      await locator.click()
      person.steps += 1
    },
    async fill(locator: Locator, text: string) {
      await locator.fill(text)
      person.steps += 1
    },
    async type(text: string) {
      await page.keyboard.type(text)
      person.steps += 1
    },
    async press(key: string) {
      await page.keyboard.press(key)
      person.steps += 1
    },
    /** Enters a name at the top of the page, which opens the only resident who matches. */
    async search(name: string) {
      await person.fill(page.getByRole('banner').getByRole('searchbox', { name: 'Find a resident' }), name)
      await person.press('Enter')
    },
  }
  return person
}

async function findResident(suits: (resident: Resident) => boolean): Promise<Resident> {
  const { acsUsers } = await fixture.world.ask<{ acsUsers: { nodes: readonly Resident[] } }>(`{
    acsUsers(first: 60) {
      nodes {
        displayName
        isSuspended
        credentials { nodes { id accessMethod status endsAt entrances(first: 5) { nodes { displayName } } } }
      }
    }
  }`)
  const names = acsUsers.nodes.map(({ displayName }) => displayName)
  const found = acsUsers.nodes.find(
    (resident) => suits(resident) && names.filter((name) => name === resident.displayName).length === 1,
  )
  if (found === undefined) throw new Error('No resident of the sandbox suits.')
  return found
}

describe('a person who sees the page for the first time', () => {
  it('should find why a resident cannot get in', async () => {
    const { displayName, credentials } = await findResident(
      ({ isSuspended, credentials }) =>
        isSuspended && (credentials.nodes[0]?.entrances.nodes.length ?? 0) > 0,
    )
    const entrance = credentials.nodes[0]?.entrances.nodes[0]?.displayName ?? ''
    const person = await openOverview()
    await person.search(displayName)
    await person.fill(person.page.getByRole('combobox', { name: 'Entrance' }), entrance)
    await person.click(person.page.getByRole('option', { name: entrance }).first())
    await person.page.getByText(`No, ${displayName} cannot unlock ${entrance}`).waitFor()
    await person.page.getByText('The resident is suspended').waitFor()
    expect(person.steps).toBeLessThanOrEqual(4)
    expect(person.errors).toEqual([])
  })

  it('should move a resident in', async () => {
    const person = await openOverview()
    const { page } = person
    await person.click(page.getByRole('main').getByRole('link', { name: 'Move in' }))
    await person.fill(page.getByRole('textbox', { name: 'Full name' }), 'Nova Newcomer')
    await person.click(page.getByRole('button', { name: /Building/ }))
    await person.click(page.getByRole('option').first())
    await person.click(page.getByRole('listbox', { name: 'Mobile key for' }).getByRole('option').first())
    await person.click(page.getByRole('button', { name: 'Move in', exact: true }))
    await page.getByRole('heading', { name: /^Nova Newcomer has moved in to / }).waitFor()
    expect(person.steps).toBeLessThanOrEqual(6)
    expect(person.errors).toEqual([])
  })

  it('should extend the access of a resident', async () => {
    const { displayName } = await findResident(
      ({ credentials: { nodes } }) =>
        nodes.some(({ endsAt }) => endsAt !== null) && nodes.every(({ status }) => status === 'ACTIVE'),
    )
    const person = await openOverview()
    const { page } = person
    await person.search(displayName)
    await person.click(page.getByRole('button', { name: /^Change end/ }).first())
    const dialog = page.getByRole('dialog')
    // The first part of the date has the focus.
    await dialog.getByRole('spinbutton').first().waitFor()
    await person.type('013120401200')
    await person.click(dialog.getByRole('button', { name: 'Change end' }))
    await page.getByText(/until .*Jan 31, 2040/).waitFor()
    expect(person.steps).toBeLessThanOrEqual(5)
    expect(person.errors).toEqual([])
  })

  it('should find who revoked an API key', async () => {
    const created = await fixture.world.ask<{ createApiKey: { record: { id: string } } }>(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { record { id } userErrors { message } } }',
      { input: { name: 'parcel locker', scopes: ['READ'] } },
    )
    await fixture.world.ask(
      'mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { userErrors { message } } }',
      { input: { apiKeyId: created.createApiKey.record.id } },
    )
    const person = await openOverview()
    const { page } = person
    await person.click(page.getByRole('navigation').getByRole('link', { name: 'Audit' }))
    await person.click(page.getByRole('button', { name: /Action/ }))
    await person.click(page.getByRole('option', { name: 'Revoked an API key', exact: true }))
    const record = page.getByRole('main').getByRole('listitem').filter({ hasText: 'parcel locker' })
    await record.getByText(/^Demo revoked the API key/).waitFor()
    expect(person.steps).toBeLessThanOrEqual(3)
    expect(person.errors).toEqual([])
  })

  it('should find who revoked a credential', async () => {
    const { displayName, credentials } = await findResident(
      ({ credentials: { nodes } }) => nodes.length > 1 && nodes[0]?.accessMethod === 'CODE',
    )
    await fixture.world.ask(
      'mutation ($input: RevokeCredentialInput!) { revokeCredential(input: $input) { userErrors { message } } }',
      { input: { acsCredentialId: credentials.nodes[0]?.id } },
    )
    const person = await openOverview()
    const { page } = person
    await person.search(displayName)
    const line = page
      .getByRole('region', { name: 'Changes' })
      .getByRole('listitem')
      .filter({ hasText: 'revoked' })
    await line.getByText(/Source: Demo/).waitFor()
    expect(person.steps).toBeLessThanOrEqual(2)
    expect(person.errors).toEqual([])
  })

  it('should connect a Latch account', async () => {
    const person = await openOverview()
    const { page } = person
    await person.click(page.getByRole('navigation').getByRole('link', { name: 'Connect' }))
    await person.click(page.getByRole('button', { name: 'Connect a Latch account' }))
    const opening = page.context().waitForEvent('page')
    await person.click(page.getByRole('link', { name: 'Log in to Latch' }))
    await person.click((await opening).getByRole('button', { name: 'Authorize' }))
    await page
      .getByRole('region', { name: 'Connect a Latch account' })
      .getByText('Latch building 3')
      .waitFor()
    expect(person.steps).toBeLessThanOrEqual(4)
    expect(person.errors).toEqual([])
  })
})
