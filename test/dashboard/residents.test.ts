import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

let fixture: DashboardFixture
beforeAll(async () => {
  fixture = await startDashboard()
})
afterAll(() => fixture[Symbol.asyncDispose]())

type Credential = {
  readonly seamId: string
  readonly accessMethod: string
  readonly status: string
  readonly entrances: { readonly nodes: readonly { readonly id: string; readonly displayName: string }[] }
}
type Resident = {
  readonly id: string
  readonly seamId: string
  readonly displayName: string
  readonly emailAddress: string
  readonly credentials: { readonly nodes: readonly Credential[] }
}

async function findResidents(isSuspended: boolean, { world } = fixture): Promise<readonly Resident[]> {
  const { acsUsers } = await world.ask<{ acsUsers: { nodes: readonly Resident[] } }>(
    `query ($isSuspended: Boolean) {
      acsUsers(first: 50, filter: { isSuspended: $isSuspended }) {
        nodes {
          id
          seamId
          displayName
          emailAddress
          credentials { nodes { seamId accessMethod status entrances { nodes { id displayName } } } }
        }
      }
    }`,
    { isSuspended },
  )
  return acsUsers.nodes
}

/** A resident with working credentials only, one of which is a PIN. */
async function findActiveResident(): Promise<{ resident: Resident; pin: Credential; entrance: string }> {
  for (const resident of await findResidents(false)) {
    const { nodes } = resident.credentials
    const pin = nodes.find(({ accessMethod }) => accessMethod === 'CODE')
    const entrance = pin?.entrances.nodes[0]?.displayName
    if (pin !== undefined && entrance !== undefined && nodes.every(({ status }) => status === 'ACTIVE'))
      return { resident, pin, entrance }
  }
  throw new Error('No resident of the sandbox has working credentials only.')
}

const count = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text })

describe('the list of residents', () => {
  it('should show 5,000 residents with only the visible rows in the document', async () => {
    await using large = await startDashboard({ sandbox: { residents: 5_000 } })
    const { page, errors } = await large.open('/residents')
    await count(page, '5,000 residents').waitFor({ timeout: 60_000 })
    expect(await page.getByRole('row').count()).toBeLessThan(60)
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
    await page.locator('[role="row"][aria-rowindex="5001"]').waitFor()

    const [resident] = await findResidents(false, large)
    await page.keyboard.press('/')
    await page.keyboard.type(resident?.emailAddress.toUpperCase() ?? '')
    await count(page, '1 of 5,000 residents').waitFor()
    await page
      .getByRole('link', { name: resident?.displayName ?? '' })
      .first()
      .click()
    await page.getByRole('heading', { level: 1, name: resident?.displayName ?? '' }).waitFor()
    expect(errors).toEqual([])
  }, 90_000)

  it('should keep filters and order in the address, and show new residents without a reload', async () => {
    const { page, errors } = await fixture.open('/residents?q=zora')
    await count(page, '0 of 100 residents').waitFor()
    const { acsSystems } = await fixture.world.ask<{ acsSystems: { nodes: { id: string }[] } }>(
      '{ acsSystems { nodes { id } } }',
    )
    await fixture.world.ask(
      'mutation ($input: CreateAcsUserInput!) { createAcsUser(input: $input) { userErrors { message } } }',
      { input: { acsSystemId: acsSystems.nodes[0]?.id, fullName: 'Zóra Newcomer' } },
    )
    await page.getByRole('link', { name: 'Zóra Newcomer' }).waitFor()

    await page.getByRole('button', { name: /^Any status/ }).click()
    await page.getByRole('option', { name: 'No credential (1)' }).click()
    await page.getByRole('button', { name: 'Access ends', exact: true }).click()
    expect(new URL(page.url()).search).toBe('?q=zora&status=none&sort=ends')
    await page.reload()
    await page.getByRole('link', { name: 'Zóra Newcomer' }).waitFor()
    await page.locator('[role="columnheader"][aria-sort="ascending"]', { hasText: 'Access ends' }).waitFor()
    await page.goBack()
    await page.goBack()
    expect(new URL(page.url()).search).toBe('?q=zora')
    expect(errors).toEqual([])
    await page.context().close()
  }, 60_000)
})

describe('the search at the top of the page', () => {
  it('should open the only resident who matches, or the list, and be empty and gone there', async () => {
    const [resident] = await findResidents(false)
    const { page, errors } = await fixture.open('/')
    const search = page.getByRole('banner').getByRole('searchbox')
    await search.fill(resident?.emailAddress ?? '')
    await search.press('Enter')
    await page.getByRole('heading', { level: 1, name: resident?.displayName ?? '' }).waitFor()
    await expect.poll(() => search.inputValue()).toBe('')
    await search.fill('example.com')
    await search.press('Enter')
    await count(page, 'residents').waitFor()
    expect(new URL(page.url()).search).toBe('?q=example.com')
    expect(await search.count()).toBe(0)
    await page.keyboard.press('/')
    await page.keyboard.type('!')
    expect(await page.getByRole('searchbox', { name: 'Search residents' }).inputValue()).toContain('!')
    expect(errors).toEqual([])
    await page.context().close()
  })
})

describe('the end of access in the list', () => {
  it('should be the next end of a credential, with what ends', async () => {
    const { acsSystems } = await fixture.world.ask<{
      acsSystems: { nodes: { id: string; entrances: { nodes: { id: string }[] } }[] }
    }>(
      '{ acsSystems(first: 1) { nodes { id entrances(first: 1, filter: { search: "Front Door" }) { nodes { id } } } } }',
    )
    const [building] = acsSystems.nodes
    const entranceId = building?.entrances.nodes[0]?.id ?? ''
    const startsAt = new Date().toISOString()
    const { moveIn } = await fixture.world.ask<{ moveIn: { acsUser: { id: string } } }>(
      'mutation ($input: MoveInInput!) { moveIn(input: $input) { acsUser { id } } }',
      {
        input: {
          acsSystemId: building?.id,
          fullName: 'Enda Soon',
          startsAt,
          mobileKeyAcsEntranceIds: [entranceId],
        },
      },
    )
    await fixture.world.ask(
      'mutation ($input: IssueCodeInput!) { issueCode(input: $input) { userErrors { message } } }',
      {
        input: {
          acsUserId: moveIn.acsUser.id,
          acsEntranceId: entranceId,
          startsAt,
          endsAt: new Date(Date.now() + 3 * 86_400_000).toISOString(),
        },
      },
    )
    const { page, errors } = await fixture.open('/residents?q=enda+soon')
    const row = page.getByRole('row').filter({ hasText: 'Enda Soon' })
    await row.getByRole('cell', { name: /20\d\d PIN$/ }).waitFor()
    await page.getByRole('button', { name: /^Any time/ }).click()
    await page.getByRole('option', { name: 'Within 7 days (1)' }).click()
    await row.waitFor()
    expect(errors).toEqual([])
    await page.context().close()
  })
})

describe('the page of a resident', () => {
  it('should say why a resident can or cannot unlock an entrance', async () => {
    const { resident, entrance } = await findActiveResident()
    const { page, errors } = await fixture.open(`/residents/${resident.id}`)
    await page.getByRole('combobox', { name: 'Entrance' }).fill(entrance)
    await page.getByRole('option', { name: entrance }).first().click()
    await page.getByText(`Yes, ${resident.displayName} can unlock ${entrance}`).waitFor()

    await page.getByRole('button', { name: /^Now/ }).click()
    await page.getByRole('option', { name: 'At another time' }).click()
    await page.getByRole('spinbutton', { name: /^year/ }).pressSequentially('2020')
    await page.getByText(`No, ${resident.displayName} cannot unlock ${entrance}`).waitFor()
    await page.getByText('Access has not started').first().waitFor()
    expect(new URL(page.url()).searchParams.get('at')).toMatch(/^2020-/)

    const [suspended] = await findResidents(true)
    const entranceId = suspended?.credentials.nodes[0]?.entrances.nodes[0]?.id
    await page.goto(`${fixture.world.url}/residents/${suspended?.id}?entrance=${entranceId}`)
    await page.getByText('The resident is suspended').waitFor()
    await page.getByText('End the suspension if the resident should have access.').waitFor()
    // No credential looks as if it worked.
    const credentials = page.getByRole('region', { name: 'Credentials' })
    await credentials.getByText('Suspended', { exact: true }).first().waitFor()
    expect(await credentials.getByText('Active', { exact: true }).count()).toBe(0)

    // The answer offers what it advises.
    const question = page.getByRole('region', { name: 'Check access' })
    await question.getByRole('button', { name: 'End suspension' }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByRole('button', { name: 'End suspension' }).click()
    await dialog.getByText(`${suspended?.displayName} is no longer suspended.`).waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await question.getByText(`Yes, ${suspended?.displayName} can unlock`).waitFor()

    await question.getByRole('button', { name: 'Entrance' }).click()
    const unreachable = page.getByRole('option').filter({ hasText: 'No credential' }).first()
    const name = (await unreachable.getByText(/./).first().textContent()) ?? ''
    await unreachable.click()
    await question.getByText(`No, ${suspended?.displayName} cannot unlock ${name}`).waitFor()
    await question.getByRole('button', { name: 'Issue mobile key' }).click()
    await page.getByRole('dialog').getByRole('option', { name, selected: true }).waitFor()
    expect(errors).toEqual([])
    await page.context().close()
  }, 60_000)

  it('should offer no action to a viewer without the scope write', async () => {
    const [resident] = await findResidents(true)
    const { createApiKey } = await fixture.world.ask<{ createApiKey: { apiKey: string } }>(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey } }',
      { input: { name: 'reader', scopes: ['READ', 'EVENTS'] } },
    )
    const entranceId = resident?.credentials.nodes[0]?.entrances.nodes[0]?.id
    const { page } = await fixture.open(`/residents/${resident?.id}?entrance=${entranceId}`)
    await page.getByRole('button', { name: 'End suspension' }).first().waitFor()
    const session = JSON.stringify({ kind: 'api-key', value: createApiKey.apiKey })
    await page.evaluate((text) => sessionStorage.setItem('latchkey.session', text), session)
    await page.reload()
    await page.getByText('The resident is suspended').waitFor()
    expect(await page.getByRole('button', { name: /suspen|Issue|Move out|Revoke/ }).count()).toBe(0)
  })

  it('should show a PIN for 30 seconds, and what is revoked and removed in the building', async () => {
    const { resident, pin, entrance } = await findActiveResident()
    const { page, errors } = await fixture.open('/residents/unknown')
    await page.clock.install()
    await page.goto(`${fixture.world.url}/residents/${resident.id}`)
    await waitUntilLive(page)
    const credentials = page.getByRole('region', { name: 'Credentials' })
    const shownPin = credentials.getByRole('status', { name: `PIN for ${entrance}` })
    await credentials
      .getByRole('button', { name: `Show PIN for ${entrance}` })
      .first()
      .click()
    await shownPin.waitFor()
    expect(await shownPin.textContent()).toMatch(/^\d{4,}$/)
    await page.clock.fastForward(30_000)
    await shownPin.waitFor({ state: 'detached' })
    await page.clock.resume()

    const items = credentials.getByRole('listitem')
    const before = await items.count()
    fixture.world.sandbox.act('revoke', { acs_credential_id: pin.seamId })
    await expect.poll(() => items.count(), { timeout: 20_000 }).toBe(before - 1)
    await page.getByRole('region', { name: 'Changes' }).getByText('revoked').waitFor()

    fixture.world.sandbox.act('moveOut', { acs_user_id: resident.seamId })
    await page.getByText('This resident was removed').waitFor()
    await page.getByRole('heading', { level: 1, name: resident.displayName }).waitFor()
    await page.getByText('Resident removed', { exact: true }).waitFor()
    expect(errors).toEqual([])
    await page.context().close()
  }, 60_000)
})
