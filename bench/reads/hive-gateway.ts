import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { stopProcess } from '../harness/measured-server.ts'
import type { SandboxProcess } from '../harness/sandbox-process.ts'
import type { Answer } from './dashboard-query.ts'
import type { Variant } from './variants.ts'

const folder = 'bench/peer'
const runCommand = promisify(execFile)
const peerQuery = /* GraphQL */ `
  query Dashboard {
    users(limit: 100) {
      acs_users {
        display_name
        credentials {
          acs_credentials {
            display_name
            entrances {
              acs_entrances {
                display_name
              }
            }
          }
        }
      }
    }
  }
`

/**
 * Starts Hive Gateway over an OpenAPI document of the needed API calls. Mesh's configuration declares the fields between the types. The first
 * start installs the packages. Prints the reason and resolves to `null` if the installation or the start fails.
 */
export async function startPeer(sandbox: SandboxProcess): Promise<Variant | null> {
  try {
    await installPackages()
    return await startGateway(sandbox)
  } catch (error) {
    process.stderr.write(`The peer (Hive Gateway) is not available: ${(error as Error).message}\n`)
    return null
  }
}

async function installPackages(): Promise<void> {
  const isInstalled = await stat(`${folder}/node_modules/.package-lock.json`).then(
    () => true,
    () => false,
  )
  if (!isInstalled) await runCommand('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit'])
}

async function startGateway({ url, apiKey }: SandboxProcess): Promise<Variant> {
  const env = { ...process.env, SEAM_ENDPOINT: url, SEAM_API_KEY: apiKey, LOG_LEVEL: 'error' }
  const bin = (name: string): string => `node_modules/.bin/${name}`
  await runCommand(bin('mesh-compose'), ['-c', 'mesh.config.js', '-o', 'supergraph.graphql'], {
    cwd: folder,
    env,
  })
  const port = await freePort()
  const args = ['supergraph', 'supergraph.graphql', '--host', '127.0.0.1', '--port', `${port}`]
  const child = spawn(bin('hive-gateway'), args, { cwd: folder, env, stdio: 'ignore' })
  const peer: Variant = {
    url: `http://127.0.0.1:${port}/graphql`,
    headers: {},
    body: JSON.stringify({ query: peerQuery }),
    read: readAnswer,
    stop: () => stopProcess(child),
  }
  for (let tries = 0; !(await isAnswering(peer)); tries++) {
    if (tries === 100 || child.exitCode !== null) throw new Error('Hive Gateway did not start.')
    await delay(200)
  }
  return peer
}

const isAnswering = ({ url }: Variant): Promise<boolean> =>
  fetch(`${url}?query={__typename}`, { headers: { accept: 'application/json' } }).then(
    ({ ok }) => ok,
    () => false,
  )

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

type NamedRow = { display_name: string }
type PeerCredential = NamedRow & { entrances: { acs_entrances: NamedRow[] } }
type PeerUser = NamedRow & { credentials: { acs_credentials: PeerCredential[] } }

/** Converts the response of Hive Gateway to the form of the other variants. */
function readAnswer(text: string): Answer {
  const { data } = JSON.parse(text) as { data: { users: { acs_users: PeerUser[] } } }
  const nodes = data.users.acs_users.map(({ display_name: displayName, credentials }) => ({
    displayName,
    credentials: {
      nodes: credentials.acs_credentials.map((credential) => ({
        displayName: credential.display_name,
        entrances: {
          nodes: credential.entrances.acs_entrances.map((entrance) => ({
            displayName: entrance.display_name,
          })),
        },
      })),
    },
  }))
  return { acsUsers: { nodes } }
}
