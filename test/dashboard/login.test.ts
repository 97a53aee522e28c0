import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFixture, startDashboard, waitUntilLive } from '../support/dashboard.ts'
import { clientId, type LoginIssuer, startLoginIssuer } from '../support/login-issuer.ts'
import { audience } from '../support/token-issuer.ts'

const startWithLogin = (issuer: LoginIssuer): Promise<DashboardFixture> =>
  startDashboard({
    isBundled: false,
    sandbox: { systems: 1, residents: 4, doors: 4 },
    config: {
      auth: { jwksUrl: issuer.keys.url, issuer: issuer.url, audience },
      login: { issuer: issuer.url, audience, clientId, scope: 'openid read write events' },
    },
  })

describe('the login with an account of the issuer', () => {
  let issuer: LoginIssuer
  let fixture: DashboardFixture
  beforeAll(async () => {
    issuer = await startLoginIssuer()
    fixture = await startWithLogin(issuer)
  })
  afterAll(async () => {
    await fixture[Symbol.asyncDispose]()
    await issuer[Symbol.asyncDispose]()
  })

  it('should return to the address, keep the token in the tab, and ask again after it has expired', async () => {
    const { page, errors } = await fixture.open('/residents?q=a')
    const address = page.url()
    const logIn = () => page.getByRole('button', { name: 'Sign in with your company account' }).click()
    await logIn()
    await waitUntilLive(page)
    expect(page.url()).toBe(address)
    const [local, session] = await page.evaluate(() => [
      JSON.stringify(localStorage),
      JSON.stringify(sessionStorage),
    ])
    expect(local).not.toContain('eyJ')
    expect(session).toContain('eyJ')

    await page.getByRole('button', { name: 'jwt:ada' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('alert').getByText('You are signed out.').waitFor()

    issuer.tokenLifetime = 3
    await logIn()
    await page.getByRole('alert').getByText('Your session has expired.').waitFor()
    issuer.tokenLifetime = 300
    await logIn()
    await waitUntilLive(page)
    expect(page.url()).toBe(address)
    expect(errors).toEqual([])
  })

  it('should show why a login failed', async () => {
    issuer.refusal = 'Ada is not assigned to Latchkey'
    const { page, errors } = await fixture.open('/entrances')
    await page.getByRole('button', { name: 'Sign in with your company account' }).click()
    await page.getByRole('alert').getByText(issuer.refusal).waitFor()
    expect(new URL(page.url()).pathname).toBe('/entrances')
    issuer.refusal = null

    await page.goto(`${fixture.world.url}/sign-in?code=stolen&state=unknown`)
    await page.getByRole('alert').getByText('was not started in this tab').waitFor()
    expect(page.url()).not.toContain('stolen')
    expect(errors).toEqual([])
  })

  it('should work with a token endpoint at another origin', async () => {
    await using separate = await startLoginIssuer({ hasTokenServer: true })
    expect(new URL(separate.tokenEndpoint).origin).not.toBe(separate.url)
    await using dashboard = await startWithLogin(separate)
    const { page, errors } = await dashboard.open('/residents')
    await page.getByRole('button', { name: 'Sign in with your company account' }).click()
    await waitUntilLive(page)
    expect(errors).toEqual([])
  })
})
