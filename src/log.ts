import type { Writable } from 'node:stream'
import { type LevelWithSilent, type Logger, type LoggerOptions, pino } from 'pino'
import pretty from 'pino-pretty'

export type { Logger } from 'pino'

/** What never reaches a log, whatever object it hangs on: up to two levels down. */
const secretKeys = [
  'authorization',
  'cookie',
  'apiKey',
  'api_key',
  'seamApiKey',
  'token',
  'accessToken',
  'client_session_token',
  'secret',
  'webhookSecret',
  'seamWebhookSecret',
  'password',
  'code',
  'pin',
]

/** URLs keep their path and lose their query: connect webviews carry an auth token there. */
const urlKeys = ['url', 'endpoint', 'redisUrl']

const depths = ['', '*.', '*.*.']
const paths = depths.flatMap((depth) => [...secretKeys, ...urlKeys].map((key) => `${depth}${key}`))

/**
 * The process's logger: one JSON object a line, or lines for people where `isTerminal`.
 * Credentials, PINs and URL queries are replaced before anything is written; an error keeps its type, message, code, stack and
 * causes, and nothing else that a library may have hung on it (requests with their headers above all).
 */
export function createLogger(
  level: LevelWithSilent,
  to: { destination?: Writable; isTerminal?: boolean } = {},
): Logger {
  const isTerminal = to.isTerminal ?? process.stdout.isTTY === true
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: bareError, error: bareError },
    redact: { paths, censor },
  }
  if (!isTerminal) return pino(options, to.destination ?? pino.destination({ fd: 1, sync: true }))
  const stream = pretty({
    sync: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    ...(to.destination === undefined ? {} : { destination: to.destination, colorize: false }),
  })
  return pino(options, stream)
}

type BareError = { type: string; message: string; code?: unknown; stack?: string; cause?: BareError }

function bareError(thrown: unknown): BareError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) }
  const { code } = thrown as { code?: unknown }
  return {
    type: thrown.name,
    message: thrown.message,
    ...(code === undefined ? {} : { code }),
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(thrown.cause instanceof Error ? { cause: bareError(thrown.cause) } : {}),
  }
}

function censor(value: unknown, path: string[]): unknown {
  const key = path.at(-1) ?? ''
  if (urlKeys.includes(key)) return withoutQuery(value)
  if (key === 'code' && isErrorCode(value)) return value
  return '[hidden]'
}

/** `ECONNREFUSED` and `SEAM_TIMEOUT` are codes of errors, and HTTP and close codes are numbers over 100; a PIN is digits in a text. */
function isErrorCode(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^[A-Z][A-Z0-9_]+$/.test(value))
}

function withoutQuery(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const bare = value.replace(/[?#].*$/s, '')
  return bare.replace(/\/\/[^/@]*@/, '//')
}
