import { z } from 'zod'
import { strangers } from './config-names.ts'
import { Secret } from './model/secret.ts'

/** Everything the process is told from outside, checked. What is `null` was not set. */
export type Config = {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly redisUrl: string | null
  readonly publicUrl: string | null
  readonly seamApiKey: Secret | null
  readonly seamEndpoint: string | null
  readonly seamWebhookSecret: Secret | null
  readonly auth: { readonly jwksUrl: string; readonly issuer: string; readonly audience: string } | null
  readonly allowedOrigins: readonly string[]
  /** Files of trusted documents, and whose documents must be among them. */
  readonly trustedDocuments: { readonly files: readonly string[]; readonly demandedOf: TrustDemand }
  /** Hosts, or hosts with a port, in lower case. */
  readonly webhookInternalHosts: readonly string[]
  readonly logLevel: LogLevel
  readonly retentionDays: number
  readonly retentionChanges: number
  readonly reconcileSeconds: number
  readonly staleSeconds: number
  readonly catalogEntities: number
  /** Of one key; 0 is without a limit. */
  readonly limits: {
    readonly complexityPerMinute: number
    readonly subscriptions: number
    readonly connections: number
  }
}

const trustDemands = ['nobody', 'tokens', 'everybody'] as const
export type TrustDemand = (typeof trustDemands)[number]

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type LogLevel = (typeof logLevels)[number]

/** The environment can't be used; `problems` has one line for each thing that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The environment can't be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

const wholeNumber = (least: number, most: number) => {
  const expected = `a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,9}$/, expected)
    .transform(Number)
    .refine((number) => number >= least && number <= most, expected)
}

const url = (protocols: readonly string[], expected: string) =>
  z.string().refine((text) => {
    const parsed = URL.parse(text)
    return parsed !== null && protocols.includes(parsed.protocol) && parsed.hostname !== ''
  }, expected)

const web = ['http:', 'https:']
const isBare = (text: string) => {
  const parsed = URL.parse(text)
  return parsed !== null && `${parsed.search}${parsed.hash}${parsed.username}${parsed.password}` === ''
}
const baseUrl = (expected: string) =>
  url(web, expected)
    .refine(isBare, expected)
    .transform((text) => text.replace(/\/+$/, ''))

const keySetUrl = "an https URL of the issuer's key set; http only on this machine"
/** Whoever could swap the keys on their way could sign anything. */
const isPrivateLine = (text: string) => {
  const parsed = URL.parse(text)
  return parsed?.protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(parsed?.hostname ?? '')
}

const originList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  )
  .refine(
    (origins) => origins.every((origin) => web.includes(`${origin.split(':')[0]}:`) && isOrigin(origin)),
    'origins divided by commas, each like https://app.example.com without a path; "*" is not offered',
  )

const hostList = z
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
    'hosts divided by commas, each like hooks.internal.example or 10.0.0.5:8080',
  )

const seamApiKey = z
  .string()
  .refine((key) => !key.startsWith('seam_at'), 'an API key; this is a personal access token (seam_at…)')
  .refine((key) => !key.startsWith('seam_cst'), 'an API key; this is a client session token (seam_cst…)')
  .refine((key) => !key.startsWith('seam_pk'), 'an API key; this is a publishable key (seam_pk…)')
  .refine((key) => !key.startsWith('ey'), 'an API key; this is a JSON Web Token')
  .refine((key) => /^seam_\S+$/.test(key), 'an API key of a Seam workspace, beginning with seam_')

/** The variables by name. Each description is the documentation; `secret` ones are never shown. */
const environment = z.object({
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/, 'a host name or an address, such as 127.0.0.1 or 0.0.0.0')
    .default('127.0.0.1')
    .describe('Address to listen on. 127.0.0.1 keeps the gateway on this machine; 0.0.0.0 opens it.'),
  PORT: wholeNumber(0, 65_535).default(4000).describe('Port to listen on; 0 takes any free one.'),
  DATA_DIR: z
    .string()
    .default('.latchkey')
    .describe('Folder of the journal, the keys, and what is known of Seam’s objects; made when missing.'),
  REDIS_URL: url(['redis:', 'rediss:'], 'a URL like redis://host:6379 or rediss://…').optional().meta({
    secret: true,
    description:
      'Redis 7 or later, for a journal that several processes share. Without it: SQLite in DATA_DIR.',
  }),
  PUBLIC_URL: baseUrl('a URL like https://gateway.example.com')
    .optional()
    .describe(
      'Where the world reaches this gateway; with it the gateway registers its own webhook with Seam.',
    ),
  SEAM_API_KEY: seamApiKey.optional().meta({
    secret: true,
    description: 'API key of the Seam workspace. Without it the bundled Latch building is started.',
  }),
  SEAM_ENDPOINT: baseUrl('a URL like https://connect.getseam.com')
    .optional()
    .describe("Another server that speaks Seam's API; without it Seam itself."),
  SEAM_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/=]{16,}$/, "a webhook's secret, beginning with whsec_")
    .optional()
    .meta({
      secret: true,
      description: 'Secret of a webhook that somebody registered by hand at /webhooks/seam.',
    }),
  AUTH_JWKS_URL: url(web, keySetUrl)
    .refine(isPrivateLine, keySetUrl)
    .optional()
    .describe("Keys that sign your issuer's tokens."),
  AUTH_ISSUER: z.string().optional().describe('The `iss` that a token must carry.'),
  AUTH_AUDIENCE: z.string().optional().describe('The `aud` that a token must carry.'),
  ALLOWED_ORIGINS: originList
    .default([])
    .describe('Origins of other web pages that may call the gateway from a browser, divided by commas.'),
  LOG_LEVEL: z
    .enum(logLevels, { error: `one of ${logLevels.join(', ')}` })
    .default('info')
    .describe('The least important line that is still logged.'),
  TRUSTED_DOCUMENTS: z
    .string()
    .transform((text) => text.split(',').map((file) => file.trim()))
    .refine((files) => files.every((file) => file !== ''), 'paths of files divided by single commas')
    .default([])
    .describe(
      'Files with the documents of your own frontends, as a code generator writes them, divided by commas.',
    ),
  TRUSTED_DOCUMENTS_FOR: z
    .enum(trustDemands, { error: `one of ${trustDemands.join(', ')}` })
    .default('tokens')
    .describe(
      'Who may send nothing but trusted documents, once there are any: nobody, tokens, or everybody.',
    ),
  WEBHOOK_INTERNAL_HOSTS: hostList
    .default([])
    .describe(
      'Hosts inside your network that webhooks may be sent to, by http as well, divided by commas. All others must be public, and https.',
    ),
  RETENTION_DAYS: wholeNumber(1, 3650).default(30).describe('How many days the journal keeps changes.'),
  RETENTION_CHANGES: wholeNumber(1_000, 999_999_999)
    .default(2_000_000)
    .describe('How many changes the journal keeps at most, about 0.6 kB each; the oldest leave first.'),
  RECONCILE_SECONDS: wholeNumber(1, 86_400)
    .default(300)
    .describe('How often everything is compared with Seam, in seconds.'),
  LIMIT_COMPLEXITY: wholeNumber(0, 999_999_999)
    .default(30_000_000)
    .describe('Complexity that one key, or one subject of tokens, may ask for in a minute; 0 is no limit.'),
  LIMIT_SUBSCRIPTIONS: wholeNumber(0, 999_999_999)
    .default(20_000)
    .describe('Subscriptions that one key, or one subject of tokens, may have at once; 0 is no limit.'),
  LIMIT_CONNECTIONS: wholeNumber(0, 999_999_999)
    .default(20_000)
    .describe(
      'Sockets and event streams that one key, or one subject of tokens, may have at once; 0 is no limit.',
    ),
  CATALOG_ENTITIES: wholeNumber(1_000, 100_000_000)
    .default(100_000)
    .describe(
      'How many users, entrances and credentials stay in memory; past it, the systems leave that were not read for longest.',
    ),
  STALE_SECONDS: wholeNumber(0, 604_800)
    .default(3_600)
    .describe(
      "How old an answer may be, in seconds, while Seam can't be asked; it is marked stale. 0 answers with an error instead.",
    ),
})

/** Every variable with what it is for, in the order to show them. */
export const variables: readonly { readonly name: string; readonly description: string }[] = Object.entries(
  environment.shape,
).map(([name, schema]) => ({ name, description: schema.description ?? '' }))

/**
 * Reads the environment. An empty text counts as not set.
 * Throws `ConfigError` with everything that is wrong at once: values that don't fit, values that contradict each other, and
 * names that look like ours and aren't. A secret's value is never part of a problem.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environment.safeParse(given)
  const problems = [
    ...misfits(parsed.error?.issues ?? [], given),
    ...contradictions(given),
    ...strangers(Object.keys(given), Object.keys(environment.shape)),
  ]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return toConfig(parsed.data)
}

function misfits(issues: readonly z.core.$ZodIssue[], given: Readonly<Record<string, string | undefined>>) {
  const first = new Map(issues.map((issue) => [String(issue.path[0]), issue] as const).reverse())
  return [...first].reverse().map(([name, issue]) => {
    const schema = environment.shape[name as keyof typeof environment.shape]
    const value = isSecret(schema) ? 'has a value that does not fit' : `is ${JSON.stringify(given[name])}`
    return `${name} ${value}; expected ${issue.message}.`
  })
}

function contradictions(given: Readonly<Record<string, string | undefined>>): string[] {
  const auth = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE']
  const missing = auth.filter((name) => given[name] === undefined)
  const problems: string[] = []
  if (given.TRUSTED_DOCUMENTS_FOR !== undefined && given.TRUSTED_DOCUMENTS === undefined)
    problems.push('TRUSTED_DOCUMENTS_FOR is set without TRUSTED_DOCUMENTS; set both, or neither.')
  if (missing.length > 0 && missing.length < auth.length)
    problems.push(`${missing.join(' and ')} not set; tokens need all of ${auth.join(', ')}, or none.`)
  for (const name of ['SEAM_ENDPOINT', 'SEAM_WEBHOOK_SECRET'])
    if (given[name] !== undefined && given.SEAM_API_KEY === undefined)
      problems.push(`${name} is set without SEAM_API_KEY; set the key, or neither for the bundled building.`)
  return problems
}

function toConfig(values: z.infer<typeof environment>): Config {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = values
  return {
    host: values.HOST,
    port: values.PORT,
    dataDir: values.DATA_DIR,
    redisUrl: values.REDIS_URL ?? null,
    publicUrl: values.PUBLIC_URL ?? null,
    seamApiKey: secretOf(values.SEAM_API_KEY),
    seamEndpoint: values.SEAM_ENDPOINT ?? null,
    seamWebhookSecret: secretOf(values.SEAM_WEBHOOK_SECRET),
    auth: jwksUrl && issuer && audience ? { jwksUrl, issuer, audience } : null,
    allowedOrigins: values.ALLOWED_ORIGINS,
    trustedDocuments: { files: values.TRUSTED_DOCUMENTS, demandedOf: values.TRUSTED_DOCUMENTS_FOR },
    webhookInternalHosts: values.WEBHOOK_INTERNAL_HOSTS,
    logLevel: values.LOG_LEVEL,
    retentionDays: values.RETENTION_DAYS,
    retentionChanges: values.RETENTION_CHANGES,
    reconcileSeconds: values.RECONCILE_SECONDS,
    staleSeconds: values.STALE_SECONDS,
    catalogEntities: values.CATALOG_ENTITIES,
    limits: {
      complexityPerMinute: values.LIMIT_COMPLEXITY,
      subscriptions: values.LIMIT_SUBSCRIPTIONS,
      connections: values.LIMIT_CONNECTIONS,
    },
  }
}

const secretOf = (text: string | undefined): Secret | null => (text === undefined ? null : new Secret(text))

function isOrigin(text: string): boolean {
  return URL.parse(text)?.origin === text.toLowerCase()
}

function isSecret(schema: z.ZodType): boolean {
  return schema.meta()?.secret === true
}
