import { join } from 'node:path'
import { type Config, ConfigError, readConfig } from '../../config/config.ts'
import type { Journal } from '../../journal/journal.ts'
import { listJournalFiles, openJournal } from '../../journal/open-journal.ts'
import { openSqliteJournal } from '../../journal/sqlite/sqlite-journal.ts'
import { seamUrl } from '../../seam/calls/sdk-transport.ts'
import { createSeamClient, type SeamClient } from '../../seam/client.ts'
import { SeamError } from '../../seam/errors.ts'
import type { Terminal } from '../terminal.ts'
import type { Finding } from './finding.ts'
import { checkDelivery, checkRefusedWebhooks, checkRegistration } from './seam-webhook-checks.ts'
import { checkApiKeyStore, checkDataDir, checkJournal, checkRedisServer } from './storage-checks.ts'

/** Largest clock difference that passes. Seam's signatures are valid for five minutes; with a larger difference every webhook is refused. */
const clockToleranceMs = 60_000
const seamTimeoutMs = 5_000

/** `doctor`: runs all checks and prints their findings. Returns 1 if any check fails, otherwise 0. */
export async function runDoctor(terminal: Terminal): Promise<number> {
  let config: Config
  try {
    config = readConfig(terminal.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    printFinding(terminal, 'Config', {
      state: 'FAIL',
      message: error.message,
      advice: 'Correct the variables named above.',
    })
    return 1
  }
  printFinding(terminal, 'Config', { state: 'ok', message: 'every variable is valid' })
  let failureCount = 0
  const addFinding = (name: string, finding: Finding): void => {
    if (finding.state === 'FAIL') failureCount++
    printFinding(terminal, name, finding)
  }
  addFinding('Node', await checkNode())
  addFinding('Data', await checkDataDir(config))
  addFinding('Clock', await checkClock(config))
  const seam = createSeam(config)
  try {
    const workspace = await checkSeamApiKey(config, seam)
    addFinding('Seam key', workspace.finding)
    if (config.redisUrl !== null) addFinding('Redis', await checkRedisServer(config.redisUrl))
    addFinding('Keys', await checkApiKeyStore(config, workspace.id))
    addFinding('Journal', await checkJournal(config, workspace.id))
    await checkWebhooks(config, workspace.id === null ? null : seam, workspace.id, addFinding)
  } finally {
    seam?.close()
  }
  return failureCount === 0 ? 0 : 1
}

function createSeam({ seamApiKey, seamEndpoint }: Config): SeamClient | null {
  if (seamApiKey === null) return null
  return createSeamClient({ apiKey: seamApiKey, endpoint: seamEndpoint, deadlineMs: seamTimeoutMs })
}

/** Checks the webhook's registration at Seam, its delivery, and the refused messages. */
async function checkWebhooks(
  config: Config,
  seam: SeamClient | null,
  workspaceId: string | null,
  addFinding: (name: string, finding: Finding) => void,
): Promise<void> {
  const journal = await openExistingJournal(config, workspaceId)
  const context = { config, seam, journal }
  try {
    for (const [name, check] of [
      ['Webhook', checkRegistration],
      ['Delivery', checkDelivery],
      ['Refused', checkRefusedWebhooks],
    ] as const)
      addFinding(name, await check(context).catch(toFailedFinding))
  } finally {
    await journal?.close()
  }
}

function toFailedFinding(error: unknown): Finding {
  return {
    state: 'FAIL',
    message: describeError(error),
    advice: 'Correct the findings about Seam and the journal first.',
  }
}

/** Opens the workspace's journal, or the only one if the workspace is unknown. Returns `null` if there is none or it can't be opened, which an earlier check reports. */
async function openExistingJournal(
  { redisUrl, dataDir }: Config,
  workspaceId: string | null,
): Promise<Journal | null> {
  if (redisUrl !== null)
    return workspaceId === null ? null : openJournal({ redisUrl, dataDir, workspaceId }).catch(() => null)
  const files = await listJournalFiles(dataDir)
  const [only, ...others] = workspaceId === null ? files : files.filter((name) => name.includes(workspaceId))
  if (only === undefined || others.length > 0) return null
  return openSqliteJournal({ file: join(dataDir, only), isShared: true }).catch(() => null)
}

function printFinding(terminal: Terminal, name: string, { state, message, advice }: Finding): void {
  terminal.writeResult(`${state.padEnd(4)}  ${name.padEnd(8)}  ${message}`)
  if (advice !== undefined) terminal.writeResult(`${' '.repeat(16)}→ ${advice}`)
}

async function checkNode(): Promise<Finding> {
  const version = process.versions.node
  if (Number(version.split('.')[0]) >= 26) return { state: 'ok', message: version }
  return {
    state: 'FAIL',
    message: `version ${version} is too old`,
    advice: 'Run it with npm, which installs Node 26, or install Node 26 yourself.',
  }
}

/** Compares the clock with the `Date` header of a response from Seam, which is requested without the API key. */
async function checkClock({ seamApiKey, seamEndpoint }: Config): Promise<Finding> {
  if (seamApiKey === null)
    return { state: 'note', message: 'not checked: the bundled building uses the same clock' }
  const url = seamEndpoint ?? seamUrl
  try {
    const sentAt = Date.now()
    const response = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(seamTimeoutMs),
    })
    const clockOffsetMs = Date.parse(response.headers.get('date') ?? '') - (sentAt + Date.now()) / 2
    if (Number.isNaN(clockOffsetMs))
      return { state: 'note', message: `not checked: the response of ${url} has no Date header` }
    const message = `${(Math.abs(clockOffsetMs) / 1000).toFixed(1)} s off Seam's clock`
    if (Math.abs(clockOffsetMs) <= clockToleranceMs) return { state: 'ok', message }
    return {
      state: 'FAIL',
      message,
      advice: 'Set the clock (NTP): webhooks are refused if it is more than five minutes off.',
    }
  } catch (error) {
    const message = `${url} can't be reached: ${describeError(error)}`
    return {
      state: 'FAIL',
      message,
      advice: 'Allow HTTPS connections from this machine to Seam, or correct SEAM_ENDPOINT.',
    }
  }
}

async function checkSeamApiKey(
  { seamApiKey }: Config,
  seam: SeamClient | null,
): Promise<{ readonly finding: Finding; readonly id: string | null }> {
  if (seamApiKey === null || seam === null)
    return {
      finding: {
        state: 'note',
        message: 'not set: the bundled building is used',
        advice: 'To use a Seam workspace: SEAM_API_KEY=seam_… npm start',
      },
      id: null,
    }
  try {
    const { workspaceId, name, isSandbox } = await seam.getWorkspace()
    const message = `valid for the workspace ${JSON.stringify(name)}${isSandbox ? ', a sandbox' : ''}`
    return { finding: { state: 'ok', message }, id: workspaceId }
  } catch (error) {
    const isRefused = error instanceof SeamError && error.outcome === 'refused'
    const advice = isRefused
      ? "Create an API key of the right workspace in Seam's console, under Developer."
      : 'The API key could not be checked: make sure that Seam can be reached, then run the doctor again.'
    return { finding: { state: 'FAIL', message: describeError(error), advice }, id: null }
  }
}

function describeError(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}
