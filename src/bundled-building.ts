import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Secret } from './model/secret.ts'
import { StartupError } from './startup-error.ts'

/** The bundled building, which runs in a child process. */
export type BundledBuilding = {
  readonly apiKey: Secret
  readonly endpoint: string
  /** Resolves with a message when the building's process ends. */
  readonly ended: Promise<string>
  /** Starts the building's simulated activity: the first event follows soon, and then one every few seconds. */
  startActivity(): void
  close(): Promise<void>
}

type ListeningMessage = { readonly type: 'listening'; readonly url: string; readonly apiKey: string }

/** Tells the building's message from those that Node itself sends on this channel, for example under `--watch`. */
function isListening(message: unknown): message is ListeningMessage {
  return (message as Partial<ListeningMessage> | null)?.type === 'listening'
}

/** Returns an API key that is new at each start, so that no other process on this machine knows it. */
function generateApiKey(): string {
  return `seam_bundled_${randomBytes(24).toString('base64url')}`
}

/** Starts the bundled Latch building on a free port of the loopback address. Ends the process and rejects if `stop` aborts. */
export async function startBundledBuilding(stop: AbortSignal): Promise<BundledBuilding> {
  const child = fork(new URL('./sandbox/main.ts', import.meta.url), [], {
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', SANDBOX_API_KEY: generateApiKey() },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(`the bundled building ended (${signal ?? `exit code ${code}`})`),
    )
  })
  const endChild = (): void => void child.kill('SIGTERM')
  stop.addEventListener('abort', endChild)
  const listening = await Promise.race([
    new Promise<ListeningMessage>((resolve) => {
      child.on('message', (message) => {
        if (isListening(message)) resolve(message)
      })
    }),
    ended.then((sentence) => Promise.reject(new StartupError(`${sentence}. See its output for the reason.`))),
  ]).finally(() => stop.removeEventListener('abort', endChild))
  return {
    apiKey: new Secret(listening.apiKey),
    endpoint: listening.url,
    ended,
    startActivity() {
      if (child.connected) child.send({ type: 'begin' })
    },
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
