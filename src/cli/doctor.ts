import { type Config, ConfigError, readConfig } from '../config.ts'
import { createSeamClient } from '../seam/client.ts'
import { SeamError } from '../seam/errors.ts'
import { checkDataDir, checkJournal, checkKeyStore } from './doctor-store.ts'
import type { Finding } from './finding.ts'
import { type Console, readFlags } from './usage.ts'

type Check = { readonly name: string; run(config: Config): Promise<Finding> }

const seamUrl = 'https://connect.getseam.com'
/** Seam's signatures are good for five minutes: a clock further off refuses every webhook. */
const clockToleranceMs = 60_000
const seamPatienceMs = 5_000

const checks: readonly Check[] = [
  { name: 'Node', run: checkNode },
  { name: 'Data', run: checkDataDir },
  { name: 'Keys', run: checkKeyStore },
  { name: 'Journal', run: checkJournal },
  { name: 'Clock', run: checkClock },
  { name: 'Seam key', run: checkSeamKey },
  { name: 'Webhook', run: checkWebhook },
]

/** Checks the set-up one thing after the other. 0 when all is well or merely worth a note, 1 when anything fails. */
export async function runDoctor(args: readonly string[], console: Console): Promise<number> {
  readFlags(args, [])
  let config: Config
  try {
    config = readConfig(console.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    tell(console, 'Config', {
      state: 'FAIL',
      found: error.message,
      advice: 'Correct the variables named above.',
    })
    return 1
  }
  tell(console, 'Config', { state: 'ok', found: 'every variable can be read' })
  let failed = 0
  for (const { name, run } of checks) {
    const finding = await run(config)
    if (finding.state === 'FAIL') failed++
    tell(console, name, finding)
  }
  return failed === 0 ? 0 : 1
}

function tell(console: Console, name: string, { state, found, advice }: Finding): void {
  console.out(`${state.padEnd(4)}  ${name.padEnd(8)}  ${found}`)
  if (advice !== undefined) console.out(`${' '.repeat(16)}→ ${advice}`)
}

async function checkNode(): Promise<Finding> {
  const version = process.versions.node
  if (Number(version.split('.')[0]) >= 26) return { state: 'ok', found: version }
  return {
    state: 'FAIL',
    found: `${version} is too old`,
    advice: 'Run it by npm, which brings Node 26, or install Node 26.',
  }
}

/** Any answer of Seam's tells its time; this one is asked for without the key. */
async function checkClock({ seamApiKey, seamEndpoint }: Config): Promise<Finding> {
  if (seamApiKey === null)
    return { state: 'note', found: 'nothing to compare it with; the bundled building shares it' }
  const url = seamEndpoint ?? seamUrl
  try {
    const sentAt = Date.now()
    const answer = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(seamPatienceMs),
    })
    const offMs = Date.parse(answer.headers.get('date') ?? '') - (sentAt + Date.now()) / 2
    if (Number.isNaN(offMs)) return { state: 'note', found: `${url} doesn't say what time it is` }
    const found = `${(Math.abs(offMs) / 1000).toFixed(1)} s from Seam's`
    if (Math.abs(offMs) <= clockToleranceMs) return { state: 'ok', found }
    return {
      state: 'FAIL',
      found,
      advice: 'Set the clock (NTP): webhooks are refused when it is minutes off.',
    }
  } catch (error) {
    const found = `${url} can't be reached: ${reasonOf(error)}`
    return {
      state: 'FAIL',
      found,
      advice: 'Let this machine out to Seam by HTTPS, or correct SEAM_ENDPOINT.',
    }
  }
}

async function checkSeamKey({ seamApiKey, seamEndpoint }: Config): Promise<Finding> {
  if (seamApiKey === null)
    return {
      state: 'note',
      found: 'none: the bundled building is used',
      advice: 'For a real one: SEAM_API_KEY=seam_… npm start',
    }
  const endpoint = seamEndpoint === null ? {} : { endpoint: seamEndpoint }
  const seam = createSeamClient({ apiKey: seamApiKey, deadlineMs: seamPatienceMs, ...endpoint })
  try {
    const { name, isSandbox } = await seam.workspace()
    return {
      state: 'ok',
      found: `opens the workspace ${JSON.stringify(name)}${isSandbox ? ', a sandbox' : ''}`,
    }
  } catch (error) {
    const isRefused = error instanceof SeamError && error.outcome === 'refused'
    const advice = isRefused
      ? "Take an API key of the right workspace from Seam's console, under Developer."
      : 'Nothing is known about the key: see to it that Seam can be reached, then ask again.'
    return { state: 'FAIL', found: reasonOf(error), advice }
  }
}

async function checkWebhook({ publicUrl, seamApiKey, seamWebhookSecret }: Config): Promise<Finding> {
  if (seamWebhookSecret !== null) return { state: 'ok', found: 'received with SEAM_WEBHOOK_SECRET' }
  if (publicUrl !== null)
    return { state: 'ok', found: `registered by the gateway at ${publicUrl}/webhooks/seam` }
  if (seamApiKey === null) return { state: 'ok', found: 'sent by the bundled building' }
  const advice = 'Set PUBLIC_URL to where the internet reaches this gateway, or changes come late.'
  return { state: 'note', found: 'Seam does not know where to send changes', advice }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}
