import type { Writable } from 'node:stream'
import { type LevelWithSilent, type Logger, type LoggerOptions, pino } from 'pino'
import pretty from 'pino-pretty'

export type { Logger } from 'pino'

/** Names of fields that are redacted in every logged object, up to two levels down. */
const secretFields = [
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

/** Names of fields with URLs. The query is removed, since Connect Webviews have an auth token in theirs. */
const urlFields = ['url', 'endpoint', 'redisUrl']

const redactedDepths = ['', '*.', '*.*.']
const redactedPaths = redactedDepths.flatMap((depth) =>
  [...secretFields, ...urlFields].map((key) => `${depth}${key}`),
)

/**
 * Creates the process's logger. It writes one JSON object per line, or formatted text if `isTerminal` (by default, if standard output is a
 * terminal). Secrets, PINs and URL queries are redacted before anything is written. Of an error only type, message, code, stack and causes
 * are logged, since libraries attach other properties, such as requests with their headers.
 */
export function createLogger(
  level: LevelWithSilent,
  output: { destination?: Writable; isTerminal?: boolean } = {},
): Logger {
  const isTerminal = output.isTerminal ?? process.stdout.isTTY === true
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: serializeError, error: serializeError },
    redact: { paths: redactedPaths, censor: redactValue },
  }
  if (!isTerminal) return pino(options, output.destination ?? pino.destination({ fd: 1, sync: true }))
  const stream = pretty({
    sync: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    ...(output.destination === undefined ? {} : { destination: output.destination, colorize: false }),
  })
  return pino(options, stream)
}

type LoggedError = { type: string; message: string; code?: unknown; stack?: string; cause?: LoggedError }

function serializeError(thrown: unknown): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) }
  const { code } = thrown as { code?: unknown }
  return {
    type: thrown.name,
    message: thrown.message,
    ...(code === undefined ? {} : { code }),
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(thrown.cause instanceof Error ? { cause: serializeError(thrown.cause) } : {}),
  }
}

function redactValue(value: unknown, path: string[]): unknown {
  const field = path.at(-1) ?? ''
  if (urlFields.includes(field)) return removeQuery(value)
  if (field === 'code' && isErrorCode(value)) return value
  return '[hidden]'
}

/** Distinguishes an error code from a PIN: error codes are capitals such as `ECONNREFUSED` or numbers such as 404, PINs are strings of digits. */
function isErrorCode(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^[A-Z][A-Z0-9_]+$/.test(value))
}

/** Removes the query, the fragment and the credentials of a URL. */
function removeQuery(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return value.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//')
}
