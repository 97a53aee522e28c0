import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dashboardFolder } from '../../src/http/dashboard/page.ts'
import { startDashboard, waitUntilLive } from '../support/dashboard.ts'
import { audience, type Issuer, issuerName, startIssuer } from '../support/token-issuer.ts'
import { startWorld } from '../support/world.ts'

let folder: string
let files: readonly string[]
let issuer: Issuer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-trusted-page-'))
  files = [join(folder, 'app.json')]
  await writeFile(files[0] ?? '', JSON.stringify({ position: '{ cursor }' }))
  issuer = await startIssuer()
})
afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

describe('the documents of the dashboard', () => {
  it('should be accepted without a list, where everybody may send only trusted documents', async () => {
    await using fixture = await startDashboard({
      sandbox: { systems: 1, residents: 4, doors: 4 },
      config: { trustedDocuments: { files, requiredFor: 'everybody' } },
    })
    const { page, errors } = await fixture.open('/')
    const refused: string[] = []
    let answers = 0
    page.on('response', async (response) => {
      if (!response.url().endsWith('/graphql')) return
      answers += 1
      if (response.status() !== 200) refused.push(response.request().postData() ?? '')
    })
    await waitUntilLive(page)
    const screens = [
      'Residents',
      'Entrances',
      'Access matrix',
      'Move-outs',
      'Changes',
      'Audit',
      'Connect',
      'Settings',
    ]
    for (const name of screens) {
      await page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
      await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
    }
    await page.getByRole('navigation').getByRole('link', { name: 'Residents' }).click()
    await page.getByRole('table').getByRole('link').first().click()
    await page.getByRole('region', { name: 'Changes' }).waitFor()
    await page.waitForLoadState('networkidle')
    expect(answers).toBeGreaterThan(screens.length)
    expect(refused).toEqual([])
    expect(errors).toEqual([])
    const { status } = await fixture.world.post({ query: '{ acsSystems { totalCount } }' })
    expect(status).toBe(403)
  })

  it.each([
    { hasLogin: true, isResident: false, status: 200 },
    { hasLogin: true, isResident: true, status: 403 },
    { hasLogin: false, isResident: false, status: 403 },
  ])('should be accepted from a token only for people who log in to it: %o', async (given) => {
    const login = { issuer: issuerName, audience, clientId: 'page', scope: 'openid' }
    await using world = await startWorld({
      sandbox: { systems: 1, residents: 2, doors: 2 },
      config: {
        auth: { jwksUrl: issuer.url, issuer: issuerName, audience },
        login: given.hasLogin ? login : null,
        trustedDocuments: { files, requiredFor: 'tokens' },
      },
    })
    const documents = JSON.parse(await readFile(new URL('documents.json', dashboardFolder), 'utf8'))
    const residentId = world.sandbox.ids().acsUserIds[0]
    const token = await issuer.sign(
      { scope: 'read events', ...(given.isResident && { latchkey_resident: residentId }) },
      { expiresIn: 3600 },
    )
    const { status } = await world.post(
      { query: documents['dashboard StartDocument'] },
      { authorization: `Bearer ${token}` },
    )
    expect(status).toBe(given.status)
  })
})
