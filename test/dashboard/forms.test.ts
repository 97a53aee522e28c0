import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'

const building = 'Riverside 12'
const startsAt = '2026-01-01T00:00:00Z'

let fixture: DashboardFixture
let systemId: string
beforeAll(async () => {
  // Latch issues nothing by itself, so that tests decide when it does.
  fixture = await startDashboard({ sandbox: { issueDelayMs: 3_600_000 } })
  const { acsSystems } = await fixture.world.ask<{ acsSystems: { nodes: { id: string; name: string }[] } }>(
    '{ acsSystems { nodes { id name } } }',
  )
  systemId = acsSystems.nodes.find(({ name }) => name === building)?.id ?? ''
})
afterAll(() => fixture[Symbol.asyncDispose]())

/** Moves a resident in over the graph, with a PIN for the front door. Returns the node IDs. */
async function moveIn(fullName: string): Promise<{ userId: string; credentialSeamId: string }> {
  const { acsEntrances } = await fixture.world.ask<{ acsEntrances: { nodes: { id: string }[] } }>(
    'query ($filter: AcsEntranceFilter) { acsEntrances(filter: $filter) { nodes { id } } }',
    { filter: { acsSystemId: systemId, search: 'Front Door' } },
  )
  const codeAcsEntranceIds = acsEntrances.nodes.map(({ id }) => id)
  const { moveIn: payload } = await fixture.world.ask<{
    moveIn: { acsUser: { id: string }; acsCredentials: { seamId: string }[] }
  }>(
    'mutation ($input: MoveInInput!) { moveIn(input: $input) { acsUser { id } acsCredentials { seamId } } }',
    { input: { acsSystemId: systemId, fullName, startsAt, codeAcsEntranceIds } },
  )
  return { userId: payload.acsUser.id, credentialSeamId: payload.acsCredentials[0]?.seamId ?? '' }
}

/** Latch issues all credentials of a resident. */
async function issueCredentials(search: string): Promise<void> {
  const { acsUsers } = await fixture.world.ask<{
    acsUsers: { nodes: { credentials: { nodes: { seamId: string }[] } }[] }
  }>(
    'query ($filter: AcsUserFilter) { acsUsers(filter: $filter) { nodes { credentials { nodes { seamId } } } } }',
    { filter: { search } },
  )
  for (const { seamId } of acsUsers.nodes.flatMap(({ credentials }) => credentials.nodes))
    fixture.world.sandbox.act('issue', { acs_credential_id: seamId })
}

function countResidents(search: string): Promise<number> {
  return fixture.world
    .ask<{ acsUsers: { totalCount: number } }>(
      'query ($filter: AcsUserFilter) { acsUsers(filter: $filter) { totalCount } }',
      { filter: { search } },
    )
    .then(({ acsUsers }) => acsUsers.totalCount)
}

async function chooseBuilding(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Building/ }).click()
  await page.getByRole('option', { name: building }).click()
}

describe('the move-in', () => {
  it('should show errors at their fields, then move in with the keyboard alone and wait for Latch', async () => {
    const { page, errors } = await fixture.open('/move-in')
    await waitUntilLive(page)
    const { keyboard } = page
    await page.getByRole('textbox', { name: 'Full name' }).waitFor()
    await keyboard.type('Keyla Board')
    await keyboard.press('Tab')
    await keyboard.type('keyla@localhost')
    await keyboard.press('Tab')
    await keyboard.press('Tab')
    // The building: opened, and chosen by its first letter.
    await keyboard.press('Enter')
    await page.getByRole('listbox').waitFor()
    await keyboard.type('R')
    await keyboard.press('Enter')
    const keys = page.getByRole('listbox', { name: 'Mobile key for' })
    await keys.getByRole('option', { name: 'Front Door' }).waitFor()
    await tabTo(page, () => keys.evaluate((list) => list.contains(document.activeElement)))
    await keyboard.type('Front')
    await keyboard.press('Enter')
    await expect
      .poll(() => keys.getByRole('option', { selected: true }).allTextContents())
      .toEqual(['Front Door'])
    const submit = page.getByRole('button', { name: 'Move in', exact: true })
    await tabTo(page, () => submit.evaluate((button) => button === document.activeElement))
    await keyboard.press('Enter')
    // The server refuses the address. The focus is at the field.
    await page.getByText('This is not a valid email address for Seam.').waitFor()
    const email = page.getByRole('textbox', { name: /Email address/ })
    await expect.poll(() => email.evaluate((input) => input === document.activeElement)).toBe(true)
    await keyboard.press('ControlOrMeta+A')
    await keyboard.type('keyla@example.com')
    await keyboard.press('Enter')
    await page.getByText('Waiting for Latch to issue 1 credential').waitFor()
    expect(await page.getByText('If a step fails, everything is undone.').count()).toBe(0)
    await issueCredentials('Keyla Board')
    await page.getByRole('heading', { name: 'Keyla Board has moved in to Riverside 12.' }).waitFor()
    await page.getByRole('listitem').getByText('Mobile key for Front Door').waitFor()
    await page.getByRole('link', { name: 'Open the page of Keyla Board' }).waitFor()
    expect(errors).toEqual([])
  })

  it('should ask whether a known person is the same', async () => {
    const phoneNumber = '+12125550177'
    await fixture.world.ask(
      'mutation ($input: CreateUserIdentityInput!) { createUserIdentity(input: $input) { userErrors { message } } }',
      { input: { fullName: 'Paula Known', phoneNumber } },
    )
    const { page, errors } = await fixture.open('/move-in')
    await page.getByRole('textbox', { name: 'Full name' }).fill('Paul Other')
    await page.getByRole('textbox', { name: /Phone number/ }).fill(phoneNumber)
    await chooseBuilding(page)
    const keys = page.getByRole('listbox', { name: 'Mobile key for' })
    await keys.getByRole('option', { name: 'Front Door' }).click()
    await page.getByRole('button', { name: 'Move in', exact: true }).click()
    await page.getByRole('button', { name: 'No, another person' }).click()
    await page.getByRole('link', { name: 'Open the page of Paul Other' }).waitFor()
    expect(errors).toEqual([])
  })

  it('should show which step failed and what was undone', async () => {
    const { page } = await fixture.open('/move-in')
    await page.getByRole('textbox', { name: 'Full name' }).fill('Una Done')
    await chooseBuilding(page)
    const pins = page.getByRole('listbox', { name: 'PINs for' })
    await pins.getByRole('option', { name: 'Front Door' }).click()
    fixture.world.sandbox.addFault({ kind: 'status', route: 'acs/credentials/create', status: 400 })
    await page.getByRole('button', { name: 'Move in', exact: true }).click()
    const steps = page.getByRole('alert').getByRole('list', { name: 'Steps' }).getByRole('listitem')
    await steps.filter({ hasText: 'Request a PIN' }).getByText('Failed').waitFor()
    await steps.filter({ hasText: 'Create the resident' }).getByText('Undone').waitFor()
    fixture.world.sandbox.clearFaults()
    await page.getByRole('button', { name: 'Move in', exact: true }).click()
    await page.getByRole('link', { name: 'Open the page of Una Done' }).waitFor()
    expect(await countResidents('Una Done')).toBe(1)
  })
})

/** Presses the tab key until the condition holds. */
async function tabTo(page: Page, isThere: () => Promise<boolean>): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if (await isThere()) return
    await page.keyboard.press('Tab')
  }
  throw new Error('The tab key did not reach the control.')
}

describe('the actions of a resident', () => {
  it('should say where a new PIN will be only until Latch has issued it', async () => {
    const { userId } = await moveIn('Pia Number')
    const { page, errors } = await fixture.open(`/residents/${userId}`)
    await waitUntilLive(page)
    await page.getByRole('button', { name: 'Issue PIN' }).click()
    const dialog = page.getByRole('dialog', { name: 'Issue PIN: Pia Number' })
    await dialog.getByRole('option', { name: 'Front Door' }).click()
    await dialog.getByRole('button', { name: 'Issue PIN' }).click()
    const hint = dialog.getByText(/once it is issued/)
    await hint.waitFor()
    await issueCredentials('Pia Number')
    await dialog.getByRole('status').getByText('The PIN is issued.').waitFor()
    expect(await hint.count()).toBe(0)
    await dialog.getByText('The button “Show PIN” on this page shows it.').waitFor()
    expect(errors).toEqual([])
  })

  it('should refuse an end in the past at its field, say the new end, and ask before a credential is revoked', async () => {
    const { userId, credentialSeamId } = await moveIn('Rita Voked')
    fixture.world.sandbox.act('issue', { acs_credential_id: credentialSeamId })
    const { page, errors } = await fixture.open(`/residents/${userId}`)
    await waitUntilLive(page)
    await page.getByRole('button', { name: 'Change end: PIN for Front Door' }).click()
    const endDialog = page.getByRole('dialog', { name: 'Change end: PIN for Front Door of Rita Voked' })
    await endDialog.getByRole('spinbutton').first().focus()
    await page.keyboard.type('010120200900')
    await endDialog.getByRole('button', { name: 'Change end' }).click()
    await endDialog.getByText(/must be in the future/).waitFor()
    await endDialog.getByRole('spinbutton', { name: /^year/ }).pressSequentially('2040')
    await endDialog.getByRole('button', { name: 'End of that day' }).click()
    await endDialog.getByRole('button', { name: 'Change end' }).click()
    await endDialog.getByText(/now ends on Jan 1, 2040, 23:59 E.T/).waitFor()
    await endDialog.getByRole('button', { name: 'Close' }).click()
    const revoke = page.getByRole('button', { name: 'Revoke: PIN' })
    await revoke.click()
    const question = page.getByRole('alertdialog')
    await question.getByText(/cannot be undone/).waitFor()
    await question.getByRole('button', { name: 'Cancel' }).click()
    await revoke.click()
    await question.getByRole('button', { name: 'Revoke' }).click()
    // The credential leaves the list; the outcome stays until it is closed.
    await question.getByRole('status').getByText('The credential is revoked.').waitFor()
    await revoke.waitFor({ state: 'detached' })
    await question.getByRole('button', { name: 'Close' }).press('Enter')
    await question.waitFor({ state: 'detached' })
    expect(errors).toEqual([])
  })

  it('should schedule a move-out that is listed live and canceled after a question', async () => {
    const { userId } = await moveIn('Otto Leaving')
    const { page: list, errors: listErrors } = await fixture.open('/move-outs')
    await waitUntilLive(list)
    await list.getByText('No move-out is scheduled').waitFor()
    const { page, errors } = await fixture.open(`/residents/${userId}`)
    await waitUntilLive(page)
    await page.getByRole('button', { name: 'Move out' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('At a time').click()
    await dialog.getByRole('spinbutton').first().focus()
    await page.keyboard.type('013120401200')
    await dialog.getByRole('button', { name: 'Move out' }).click()
    await dialog.getByText(/Otto Leaving moves out on .*2040/).waitFor()
    await list.getByRole('button', { name: 'Cancel the move-out of Otto Leaving' }).click()
    const question = list.getByRole('alertdialog')
    await question.getByRole('button', { name: 'Cancel move-out' }).click()
    await question.getByText('The move-out of Otto Leaving is canceled.').waitFor()
    await question.getByRole('button', { name: 'Close' }).click()
    await list.getByText('No move-out is scheduled').waitFor()
    expect([...errors, ...listErrors]).toEqual([])
  })
})

describe('the import', () => {
  const file = {
    name: 'residents.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      [
        'fullName,startsAt,phoneNumber,mobileKeyDoors,codeDoors',
        'Imke Import,2026-12-01,,Front Door,Front Door',
        'Bad Door Import,2026-12-01,,Frnt Door,',
        'Bad Phone Import,2026-12-01,12,Front Door,',
      ].join('\n'),
    ),
  }

  it('should show problems by row and column, import the others, and do nothing twice', async () => {
    const { page, errors } = await fixture.open('/import')
    for (const _round of [1, 2]) {
      await chooseBuilding(page)
      await page.locator('input[type="file"]').setInputFiles(file)
      const row = (name: string) => page.getByRole('listitem').filter({ hasText: name }).first()
      await row('Bad Door Import').getByText('mobileKeyDoors', { exact: true }).waitFor()
      await row('Bad Phone Import').getByText('phoneNumber', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Move in 1 resident' }).click()
      await row('Imke Import').getByText('Moved in').waitFor()
      expect(await page.getByText(/nothing is changed until/).count()).toBe(0)
      expect(await countResidents('Imke Import')).toBe(1)
      await page.getByRole('button', { name: 'Choose another file' }).click()
    }
    expect(await countResidents('Bad')).toBe(0)
    expect(errors).toEqual([])
  })

  it('should offer the rows that failed as a file that can be imported', async () => {
    const { page } = await fixture.open('/import')
    await chooseBuilding(page)
    await page.locator('input[type="file"]').setInputFiles(file)
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download 2 rows to correct' }).click()
    const chunks: Buffer[] = []
    for await (const chunk of await (await download).createReadStream()) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    expect(text).toContain('fullName,startsAt,phoneNumber,mobileKeyDoors,problem\r\n')
    expect(text).toContain('Bad Phone Import,2026-12-01,12,Front Door,"phoneNumber: ')
    expect(text).not.toContain('Imke')
  })
})
