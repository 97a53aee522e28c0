import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { freePort } from '../support/gateway-process.ts'
import { startRedis } from '../support/redis-server.ts'
import { waitUntil } from '../support/wait-until.ts'

type Env = Readonly<Record<string, string>>

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-start-'))
  opened.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function newFile(): Promise<string> {
  const file = join(await newFolder(), 'file')
  await writeFile(file, '')
  return file
}

/** Starts the process as an operator does. */
function start(env: Env) {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  opened.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    text.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    text.err += chunk
  })
  return { child, text }
}

async function end({ child, text }: ReturnType<typeof start>) {
  const [code, signal] = await once(child, 'close')
  return { code, signal, ...text }
}

/** Starts a server that never answers; `asked` resolves at the first request. */
async function startSilent() {
  const asked = Promise.withResolvers<void>()
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => asked.resolve())
    opened.push(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => server.close())
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked: asked.promise }
}

async function startHttp(serve: RequestListener): Promise<string> {
  const server = createServer(serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function redisUrl(args: readonly string[], credentials: string): Promise<string> {
  const redis = await startRedis(args)
  opened.push(() => redis[Symbol.asyncDispose]())
  return redis.url.replace('//', `//${credentials}`)
}

/** The sandbox of all tests that need no other: starting one for each takes long. */
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
})
afterAll(() => sandbox.close())

const validSettings = (): Env => ({ SEAM_ENDPOINT: sandbox.url, SEAM_API_KEY: sandbox.apiKey })

async function takenPort(): Promise<string> {
  return new URL(await startHttp((_, response) => response.end())).port
}

const aKey = 'seam_test1_wrong_key'

/** What is wrong, the environment that causes it, and the message: the variable, and the remedy. */
const failures: readonly [string, () => Env | Promise<Env>, RegExp][] = [
  [
    'a port that is taken',
    async () => ({ PORT: await takenPort() }),
    /^PORT \d+ on \S+ is taken: set PORT to another/,
  ],
  [
    'an address of another machine',
    () => ({ HOST: '198.51.100.7' }),
    /^HOST 198\.51\.100\.7 is not an address of this machine: set HOST to/,
  ],
  [
    'a host that has no address',
    () => ({ HOST: 'nowhere.invalid' }),
    /^HOST nowhere\.invalid .*: set (HOST to|them)/,
  ],
  [
    'a Redis that is not there',
    () => ({ REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }),
    /^REDIS_URL cannot be used \(.*ECONNREFUSED.*\): start Redis there/,
  ],
  [
    'a Redis whose name is unknown',
    () => ({ REDIS_URL: 'redis://:hunter2@nowhere.invalid' }),
    /^REDIS_URL cannot be used \(.*(ENOTFOUND|EAI_AGAIN).*\): start Redis there/,
  ],
  [
    'a Redis that never answers',
    async () => ({ REDIS_URL: `redis://${(await startSilent()).host}` }),
    /^REDIS_URL cannot be used \(.*(does not answer|has not answered).*\): start Redis there/,
  ],
  [
    'a wrong password of Redis',
    async () => ({ REDIS_URL: await redisUrl(['--requirepass', 'right'], ':hunter2@') }),
    /^REDIS_URL cannot be used \(.*WRONGPASS.*\): correct its user and password/,
  ],
  [
    'a password of Redis that is missing',
    async () => ({ REDIS_URL: await redisUrl(['--requirepass', 'right'], '') }),
    /^REDIS_URL cannot be used \(.*NOAUTH.*\): correct its user and password/,
  ],
  ...['@', '/', '?', '#'].map((sign): [string, () => Env, RegExp] => [
    `an unescaped ${sign} in the password of Redis`,
    () => ({ REDIS_URL: `redis://:hunter2${sign}more@127.0.0.1:6379` }),
    /REDIS_URL .*expected a user and a password in which @, \/, \? and # are escaped: %40/,
  ]),
  [
    'a REDIS_URL that is no Redis URL',
    () => ({ REDIS_URL: 'localhost:6379' }),
    /REDIS_URL .*expected a URL like redis:/,
  ],
  [
    'a DATA_DIR that is a file',
    async () => ({ DATA_DIR: await newFile() }),
    /^DATA_DIR \S+ is a file.*: set DATA_DIR/,
  ],
  [
    'a DATA_DIR below a file',
    async () => ({ DATA_DIR: join(await newFile(), 'below') }),
    /^DATA_DIR \S+ is a file, or a path inside a file: set DATA_DIR/,
  ],
  // Not even root can write there.
  ...['/sys/kernel', '/sys/nope', '/proc/nope', '/proc/nope/deep/er'].map(
    (folder): [string, () => Env, RegExp] => [
      `a DATA_DIR that is not writable: ${folder}`,
      () => ({ DATA_DIR: folder }),
      /^DATA_DIR \S+ cannot be written \([A-Z]+\): let this user write there, or set DATA_DIR/,
    ],
  ),
  [
    'a wrong API key of Seam',
    () => ({ SEAM_API_KEY: aKey }),
    /^SEAM_ENDPOINT \S+ rejects SEAM_API_KEY \(.*\): set it to an API key of the workspace/,
  ],
  [
    'a Seam that refuses connections',
    () => ({ SEAM_API_KEY: aKey, SEAM_ENDPOINT: 'http://127.0.0.1:1' }),
    /^SEAM_ENDPOINT http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\): .*correct SEAM_ENDPOINT/,
  ],
  [
    'a Seam whose name is unknown',
    () => ({ SEAM_API_KEY: aKey, SEAM_ENDPOINT: 'http://nowhere.invalid' }),
    /^SEAM_ENDPOINT \S+ cannot be reached \((ENOTFOUND|EAI_AGAIN)\): .*correct SEAM_ENDPOINT/,
  ],
  [
    'a server that is not Seam',
    async () => ({
      SEAM_API_KEY: aKey,
      SEAM_ENDPOINT: await startHttp((_, response) => void response.writeHead(404).end('<p>Not found')),
    }),
    /^SEAM_ENDPOINT \S+ does not respond like Seam's API \(.*\): set SEAM_ENDPOINT/,
  ],
  [
    'a Seam that fails',
    async () => ({
      SEAM_API_KEY: aKey,
      SEAM_ENDPOINT: await startHttp((_, response) => void response.writeHead(503).end()),
    }),
    /^SEAM_ENDPOINT \S+ fails with status 503 \(.*\): try again in a few minutes/,
  ],
  [
    'a PUBLIC_URL that Seam rejects for a webhook',
    async () => ({
      SEAM_API_KEY: aKey,
      PUBLIC_URL: 'https://gateway.example.com',
      SEAM_ENDPOINT: await startHttp((request, response) => {
        const isCreate = request.url === '/webhooks/create'
        const workspace = {
          workspace_id: '0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c5d6',
          name: 'Elm',
          is_sandbox: true,
        }
        const error = { type: 'invalid_input', message: 'Invalid url' }
        response.writeHead(isCreate ? 400 : 200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(isCreate ? { ok: false, error } : { ok: true, workspace, webhooks: [] }))
      }),
    }),
    /^SEAM_ENDPOINT \S+ rejects .*\(.*Invalid url\): .*PUBLIC_URL/,
  ],
]

describe('a start that fails', () => {
  it.for(failures)('should exit with 1 and print one sentence: %s', async ([, make, sentence]) => {
    const env = { ...validSettings(), PORT: await freePort(), DATA_DIR: await newFolder(), ...(await make()) }
    const { code, out, err } = await end(start(env))
    expect(err).toMatch(sentence)
    // Invalid settings are reported as a list, with a heading.
    const lines = err.trimEnd().split('\n')
    expect(lines).toHaveLength(lines[0]?.startsWith('The environment is invalid:') ? 2 : 1)
    for (const text of [out, err]) {
      expect(text).not.toMatch(/^\s+at |\n\s+at |hunter2/)
      expect(text).not.toContain(aKey)
    }
    expect(out.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([])
    expect(code).toBe(1)
  })

  it('should also log the stack trace with LOG_LEVEL=debug', async () => {
    const { code, out, err } = await end(
      start({ ...validSettings(), DATA_DIR: await newFolder(), PORT: await takenPort(), LOG_LEVEL: 'debug' }),
    )
    expect(out).toMatch(/"level":"fatal".*"stack":/)
    expect(err).toMatch(/^PORT .*\n$/)
    expect(code).toBe(1)
  })
})

/** What a start waits for when it receives the signal; `waits` resolves when it waits for that. */
const waits: readonly [
  string,
  () => Promise<{ env: Env; waits: (child: ChildProcess) => Promise<unknown> }>,
][] = [
  [
    'the bundled sandbox',
    async () => ({
      env: {},
      waits: (child) => waitUntil(() => childrenOf(child).length > 0),
    }),
  ],
  [
    'Seam, for the workspace',
    async () => {
      const { host, asked } = await startSilent()
      return { env: { SEAM_API_KEY: aKey, SEAM_ENDPOINT: `http://${host}` }, waits: () => asked }
    },
  ],
  [
    'Seam, for the webhook',
    async () => {
      const env = validSettings()
      const silent = Promise.withResolvers<void>()
      const endpoint = await startHttp(async (request, response) => {
        if (request.url?.startsWith('/webhooks/')) return silent.resolve()
        const answer = await fetch(`${env.SEAM_ENDPOINT}${request.url}`, {
          method: 'POST',
          headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
          body: '{}',
        })
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
      })
      return {
        env: { ...env, SEAM_ENDPOINT: endpoint, PUBLIC_URL: 'https://gateway.example.com' },
        waits: () => silent.promise,
      }
    },
  ],
  [
    'Redis',
    async () => {
      const { host, asked } = await startSilent()
      return { env: { ...validSettings(), REDIS_URL: `redis://${host}` }, waits: () => asked }
    },
  ],
]

/** Prints the number of SIGTERM handlers when a module of the gateway after `src/main.ts` is loaded. */
const printHandlers = `
import { registerHooks } from 'node:module'
registerHooks({
  load(url, context, next) {
    if (/\\/src\\/(?!main\\.ts)/.test(url)) process.stdout.write(process.listenerCount('SIGTERM') + ' handlers\\n')
    return next(url, context)
  },
})
`

function childrenOf({ pid }: ChildProcess): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('a start that is interrupted by a signal', () => {
  it.for(
    waits.flatMap(([what, make]) =>
      (['SIGTERM', 'SIGINT'] as const).map((signal) => [signal, what, make] as const),
    ),
  )(
    'should exit with 0 on %s, and leave no files or processes, while it waits for %s',
    async ([signal, , make]) => {
      const { env, waits } = await make()
      const dataDir = await newFolder()
      const started = start({ PORT: '0', DATA_DIR: dataDir, ...env })
      await waits(started.child)
      const children = childrenOf(started.child)
      started.child.kill(signal)
      expect(await end(started)).toMatchObject({ code: 0, signal: null, err: '' })
      expect(started.text.out).not.toContain('Latchkey is ready')
      expect((await readdir(dataDir)).filter((name) => /\.pid$|\.new$/.test(name))).toEqual([])
      await waitUntil(() => children.every((pid) => !isRunning(pid)))
    },
  )

  it('should install its signal handlers before it loads other modules', async () => {
    const child = spawn(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(printHandlers)}`, 'src/main.ts'],
      {
        env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: await newFolder() },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    opened.push(() => child.kill('SIGKILL'))
    const [said] = await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(String(said)).toMatch(/^1 handlers/)
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
