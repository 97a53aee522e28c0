import { fork } from 'node:child_process'

import { Secret } from './model/secret.ts'
/** The bundled building, running beside the gateway as a process of its own. */
export type BundledBuilding = {
  readonly apiKey: Secret
  readonly endpoint: string
  /** Resolves with a sentence if the building ends by itself. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

type Listening = { readonly type: 'listening'; readonly url: string; readonly apiKey: string }

/** Starts the bundled Latch building on a free port of the loopback address. */
export async function startBundledBuilding(): Promise<BundledBuilding> {
  const child = fork(new URL('./sandbox/main.ts', import.meta.url), [], {
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(`the bundled building ended (${signal ?? `exit code ${code}`})`),
    )
  })
  const listening = await Promise.race([
    new Promise<Listening>((resolve) => {
      child.once('message', (message) => resolve(message as Listening))
    }),
    ended.then((sentence) => Promise.reject(new Error(sentence))),
  ])
  return {
    apiKey: new Secret(listening.apiKey),
    endpoint: listening.url,
    ended,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
