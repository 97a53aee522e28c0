import { z } from 'zod'
import { InvalidRedisUrl, parseRedisUrl } from '../redis/redis-url.ts'

const trustRequirements = ['nobody', 'tokens', 'everybody'] as const
export type TrustRequirement = (typeof trustRequirements)[number]

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

const wholeNumberSchema = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, expected)
    .transform(Number)
    .refine((number) => number >= min && number <= max, expected)
}

const urlSchema = (protocols: readonly string[], expected: string) =>
  z.string().refine((text) => {
    const parsed = URL.parse(text)
    return parsed !== null && protocols.includes(parsed.protocol) && parsed.hostname !== ''
  }, expected)

const redisUrlSchema = z.string().superRefine((text, context) => {
  try {
    parseRedisUrl(text)
  } catch (error) {
    if (!(error instanceof InvalidRedisUrl)) throw error
    context.addIssue({ code: 'custom', message: error.message })
  }
})

const webProtocols = ['http:', 'https:']
const hasOnlyPath = (text: string) => {
  const parsed = URL.parse(text)
  return parsed !== null && `${parsed.search}${parsed.hash}${parsed.username}${parsed.password}` === ''
}
const baseUrlSchema = (expected: string) =>
  urlSchema(webProtocols, expected)
    .refine(hasOnlyPath, expected)
    .transform((text) => text.replace(/\/+$/, ''))

const keySetUrlExpectation = "an https URL of the issuer's JWKS (http only on this machine)"
/** An attacker who could replace the keys in transit could sign any token, so plain HTTP is accepted only on this machine. */
export const isHttpsOrLoopback = (text: string) => {
  const parsed = URL.parse(text)
  return parsed?.protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(parsed?.hostname ?? '')
}

const originListSchema = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  )
  .refine(
    (origins) => origins.every(isOrigin),
    'origins separated by commas, each like https://app.example.com without a path, or an app\'s own like capacitor://localhost; "*" is not supported',
  )

const hostListSchema = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== ''),
  )
  .refine(
    (hosts) =>
      hosts.every((host) => URL.parse(`https://${host}`)?.pathname === '/' && !/[/?#@\\]/.test(host)),
    'hosts separated by commas, each like hooks.internal.example or 10.0.0.5:8080',
  )

const seamApiKeySchema = z
  .string()
  .refine((key) => !key.startsWith('seam_at'), 'an API key; this is a personal access token (seam_at…)')
  .refine((key) => !key.startsWith('seam_cst'), 'an API key; this is a client session token (seam_cst…)')
  .refine((key) => !key.startsWith('seam_pk'), 'an API key; this is a publishable key (seam_pk…)')
  .refine((key) => !key.startsWith('ey'), 'an API key; this is a JSON Web Token')
  .refine((key) => /^seam_\S+$/.test(key), 'an API key of a Seam workspace, beginning with seam_')

/** The variables by name, with their descriptions. Values of `secret` variables are never shown. */
export const environmentSchema = z.object({
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/, 'a host name or an IP address, such as 127.0.0.1 or 0.0.0.0')
    .default('127.0.0.1')
    .describe(
      'Address to listen on. 127.0.0.1 accepts connections from this machine only; 0.0.0.0 accepts them on every interface.',
    ),
  PORT: wholeNumberSchema(0, 65_535).default(4000).describe('Port to listen on; 0 selects a free one.'),
  DATA_DIR: z
    .string()
    .default('.latchkey')
    .describe('Folder of the journal, the API keys and the catalog snapshot; created if missing.'),
  REDIS_URL: redisUrlSchema.optional().meta({
    secret: true,
    description:
      'Redis 7 or later (standalone, Sentinel or Cluster) for a journal that several processes share. Default: SQLite in DATA_DIR.',
  }),
  PUBLIC_URL: baseUrlSchema('a URL like https://gateway.example.com')
    .optional()
    .describe('Public base URL of this gateway. If set, the gateway registers its own webhook with Seam.'),
  SEAM_API_KEY: seamApiKeySchema.optional().meta({
    secret: true,
    description: 'API key of the Seam workspace. Without it, the gateway starts the bundled Latch building.',
  }),
  SEAM_ENDPOINT: baseUrlSchema('a URL like https://connect.getseam.com')
    .optional()
    .describe("Base URL of a server with Seam's API, if it is not Seam's own."),
  SEAM_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/=]{16,}$/, "a webhook's signing secret, beginning with whsec_")
    .optional()
    .meta({
      secret: true,
      description: 'Signing secret of a webhook that was registered by hand for /webhooks/seam.',
    }),
  AUTH_JWKS_URL: urlSchema(webProtocols, keySetUrlExpectation)
    .refine(isHttpsOrLoopback, keySetUrlExpectation)
    .optional()
    .describe("URL of the JWKS with the keys that sign your issuer's tokens."),
  AUTH_ISSUER: z.string().optional().describe('Required `iss` claim of a token.'),
  AUTH_AUDIENCE: z.string().optional().describe('Required `aud` claim of a token.'),
  AUTH_CLIENT_ID: z
    .string()
    .optional()
    .describe("Client ID of the dashboard at your issuer, for the login with the issuer's accounts."),
  AUTH_SCOPE: z
    .string()
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'scopes separated by single spaces')
    .default('openid')
    .describe('Scopes that the login of the dashboard asks for, separated by spaces.'),
  ALLOWED_ORIGINS: originListSchema
    .default([])
    .describe('Other origins from which browsers may call the gateway, separated by commas.'),
  KEEP_ALIVE_SECONDS: wholeNumberSchema(1, 86_400)
    .default(620)
    .describe(
      'How long an idle HTTP connection stays open, in seconds. Must be longer than the idle timeout of the load balancer: 600 for Google Cloud, 3600 for Envoy, 60 for AWS.',
    ),
  LOG_LEVEL: z
    .enum(logLevels, { error: `one of ${logLevels.join(', ')}` })
    .default('info')
    .describe('Minimum level of the lines that are logged.'),
  TRUSTED_DOCUMENTS: z
    .string()
    .transform((text) => text.split(',').map((file) => file.trim()))
    .refine((files) => files.every((file) => file !== ''), 'paths of files separated by single commas')
    .default([])
    .describe(
      'Files with the documents of your own clients, as a code generator writes them, separated by commas.',
    ),
  TRUSTED_DOCUMENTS_FOR: z
    .enum(trustRequirements, { error: `one of ${trustRequirements.join(', ')}` })
    .default('tokens')
    .describe(
      'Which clients may send only trusted documents, if TRUSTED_DOCUMENTS is set: nobody, tokens, or everybody.',
    ),
  WEBHOOK_INTERNAL_HOSTS: hostListSchema
    .default([])
    .describe(
      'Hosts in your network that webhooks may be sent to, also over http, separated by commas. All other hosts must be public and use https.',
    ),
  RETENTION_DAYS: wholeNumberSchema(1, 3650).default(30).describe('How many days the journal keeps changes.'),
  RETENTION_CHANGES: wholeNumberSchema(1_000, 999_999_999)
    .default(2_000_000)
    .describe('How many changes the journal keeps at most, about 0.6 kB each; the oldest are deleted first.'),
  AUDIT_RETENTION_DAYS: wholeNumberSchema(1, 3650)
    .default(365)
    .describe('How many days the audit trail keeps records.'),
  AUDIT_RETENTION_RECORDS: wholeNumberSchema(1_000, 999_999_999)
    .default(100_000)
    .describe(
      'How many records the audit trail keeps at most, about 0.5 kB each; the oldest are deleted first.',
    ),
  CLIENT_SESSION_MAX_HOURS: wholeNumberSchema(1, 8_760)
    .default(24)
    .describe("Maximum lifetime of a client session of a resident's phone, in hours."),
  RECONCILE_SECONDS: wholeNumberSchema(1, 86_400)
    .default(300)
    .describe('Interval between reconciliations with Seam, in seconds.'),
  LIMIT_COMPLEXITY: wholeNumberSchema(0, 999_999_999)
    .default(30_000_000)
    .describe(
      'Total complexity of the operations of one API key, or one token subject, per minute; 0 means no limit.',
    ),
  LIMIT_SUBSCRIPTIONS: wholeNumberSchema(0, 999_999_999)
    .default(20_000)
    .describe('Open subscriptions of one API key, or one token subject; 0 means no limit.'),
  LIMIT_CONNECTIONS: wholeNumberSchema(0, 999_999_999)
    .default(20_000)
    .describe('Open sockets and event streams of one API key, or one token subject; 0 means no limit.'),
  CATALOG_ENTITIES: wholeNumberSchema(1_000, 100_000_000)
    .default(100_000)
    .describe(
      'How many users, entrances and credentials stay in memory; above that, the least recently read ACS systems are evicted.',
    ),
  STALE_SECONDS: wholeNumberSchema(0, 604_800)
    .default(3_600)
    .describe(
      'Maximum age, in seconds, of data that is served while Seam is unavailable; the response is marked stale. 0 returns an error instead.',
    ),
})

/** Whether the text is an origin as browsers send it. Origins of apps have their own schemes, for which `URL` has no origin. */
function isOrigin(text: string): boolean {
  const origin = text.toLowerCase()
  if (/^https?:/.test(origin)) return URL.parse(text)?.origin === origin
  return (
    /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(:\d{1,5})?$/.test(origin) && !forbiddenOriginSchemes.test(origin)
  )
}

/** Schemes under which any page or file could claim an origin. */
const forbiddenOriginSchemes = /^(file|data|blob|javascript|about|ftp|wss?):/
