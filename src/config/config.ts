import type { z } from 'zod'
import { Secret } from '../model/secret.ts'
import {
  environmentSchema,
  isHttpsOrLoopback,
  type LogLevel,
  type TrustRequirement,
} from './environment-schema.ts'
import { describeUnknownVariables, isServiceLink } from './unknown-variables.ts'

/** The validated configuration of the process. `null` means that the variable is not set. */
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
  /** Login of the dashboard at the issuer of tokens (OpenID Connect). */
  readonly login: {
    readonly issuer: string
    readonly audience: string
    readonly clientId: string
    readonly scope: string
  } | null
  readonly allowedOrigins: readonly string[]
  /** Files of trusted documents, and which clients may send only trusted documents. */
  readonly trustedDocuments: { readonly files: readonly string[]; readonly requiredFor: TrustRequirement }
  /** Hosts, or hosts with a port, in lower case. */
  readonly webhookInternalHosts: readonly string[]
  readonly logLevel: LogLevel
  readonly keepAliveSeconds: number
  readonly retentionDays: number
  readonly retentionChanges: number
  readonly auditRetentionDays: number
  readonly auditRetentionRecords: number
  readonly reconcileSeconds: number
  /** Maximum lifetime of a client session. */
  readonly clientSessionMaxHours: number
  readonly staleSeconds: number
  readonly catalogEntities: number
  /** Limits of one API key, or of one token subject; 0 means no limit. */
  readonly limits: {
    readonly complexityPerMinute: number
    readonly subscriptions: number
    readonly connections: number
  }
}

/** The environment is invalid. `problems` has one sentence for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The environment is invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** The name and the description of every variable, in display order. */
export const environmentVariables: readonly { readonly name: string; readonly description: string }[] =
  Object.entries(environmentSchema.shape).map(([name, schema]) => ({
    name,
    description: schema.description ?? '',
  }))

/**
 * Reads the environment. White space around a value is removed; an empty value counts as not set.
 * Throws `ConfigError` with all problems at once: invalid values, contradicting values, and misspelt names. A problem never contains
 * the value of a secret.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const variables = Object.fromEntries(
    Object.entries(env)
      .filter(([name, value]) => !isServiceLink(name, value ?? ''))
      // A secret that is read from a file often ends with a line break.
      .map(([name, value]) => [name, value?.trim() ?? ''] as const)
      .filter(([, value]) => value !== ''),
  )
  const parsed = environmentSchema.safeParse(variables)
  const problems = [
    ...describeInvalidValues(parsed.error?.issues ?? [], variables),
    ...describeUncleanValues(variables),
    ...describeContradictions(variables),
    ...describeUnknownVariables(Object.keys(variables), Object.keys(environmentSchema.shape)),
  ]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return toConfig(parsed.data)
}

function describeInvalidValues(
  issues: readonly z.core.$ZodIssue[],
  variables: Readonly<Record<string, string | undefined>>,
) {
  const first = new Map(issues.map((issue) => [String(issue.path[0]), issue] as const).reverse())
  return [...first].reverse().map(([name, issue]) => {
    const schema = environmentSchema.shape[name as keyof typeof environmentSchema.shape]
    const value =
      schema.meta()?.secret === true ? 'has an invalid value' : `is ${JSON.stringify(variables[name])}`
    return `${name} ${value}; expected ${issue.message}.`
  })
}

/** Describes quotes that a shell would have removed, and control characters. Does not show the value, which may be a secret. */
function describeUncleanValues(variables: Readonly<Record<string, string>>): string[] {
  return Object.keys(environmentSchema.shape).flatMap((name) => {
    const value = variables[name] ?? ''
    if (/^(["'`]).*\1$/s.test(value)) return [`${name} is in quotes that are part of its value; remove them.`]
    return /\p{Cc}/u.test(value)
      ? [`${name} contains a line break or another control character; remove it.`]
      : []
  })
}

function describeContradictions(variables: Readonly<Record<string, string | undefined>>): string[] {
  const auth = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE']
  const missing = auth.filter((name) => variables[name] === undefined)
  const problems: string[] = []
  if (variables.TRUSTED_DOCUMENTS_FOR !== undefined && variables.TRUSTED_DOCUMENTS === undefined)
    problems.push('TRUSTED_DOCUMENTS_FOR is set without TRUSTED_DOCUMENTS; set both, or neither.')
  if (missing.length > 0 && missing.length < auth.length)
    problems.push(`${missing.join(' and ')} not set; set all of ${auth.join(', ')}, or none.`)
  if (variables.AUTH_SCOPE !== undefined && variables.AUTH_CLIENT_ID === undefined)
    problems.push('AUTH_SCOPE is set without AUTH_CLIENT_ID; set both, or neither.')
  if (variables.AUTH_CLIENT_ID !== undefined && missing.length === auth.length)
    problems.push(`AUTH_CLIENT_ID is set without ${auth.join(', ')}; set all of them.`)
  const hasIssuer = variables.AUTH_CLIENT_ID !== undefined && variables.AUTH_ISSUER !== undefined
  if (hasIssuer && !isHttpsOrLoopback(variables.AUTH_ISSUER ?? ''))
    problems.push('AUTH_ISSUER must be an https URL (http only on this machine) if AUTH_CLIENT_ID is set.')
  for (const name of ['SEAM_ENDPOINT', 'SEAM_WEBHOOK_SECRET'])
    if (variables[name] !== undefined && variables.SEAM_API_KEY === undefined)
      problems.push(`${name} is set without SEAM_API_KEY; set both, or neither to use the bundled building.`)
  return problems
}

function toConfig(values: z.infer<typeof environmentSchema>): Config {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = values
  const { AUTH_CLIENT_ID: clientId } = values
  return {
    host: values.HOST,
    port: values.PORT,
    dataDir: values.DATA_DIR,
    redisUrl: values.REDIS_URL ?? null,
    publicUrl: values.PUBLIC_URL ?? null,
    seamApiKey: toSecret(values.SEAM_API_KEY),
    seamEndpoint: values.SEAM_ENDPOINT ?? null,
    seamWebhookSecret: toSecret(values.SEAM_WEBHOOK_SECRET),
    auth: jwksUrl && issuer && audience ? { jwksUrl, issuer, audience } : null,
    login: clientId && issuer && audience ? { issuer, audience, clientId, scope: values.AUTH_SCOPE } : null,
    allowedOrigins: values.ALLOWED_ORIGINS,
    trustedDocuments: { files: values.TRUSTED_DOCUMENTS, requiredFor: values.TRUSTED_DOCUMENTS_FOR },
    webhookInternalHosts: values.WEBHOOK_INTERNAL_HOSTS,
    keepAliveSeconds: values.KEEP_ALIVE_SECONDS,
    logLevel: values.LOG_LEVEL,
    retentionDays: values.RETENTION_DAYS,
    retentionChanges: values.RETENTION_CHANGES,
    reconcileSeconds: values.RECONCILE_SECONDS,
    auditRetentionDays: values.AUDIT_RETENTION_DAYS,
    auditRetentionRecords: values.AUDIT_RETENTION_RECORDS,
    clientSessionMaxHours: values.CLIENT_SESSION_MAX_HOURS,
    staleSeconds: values.STALE_SECONDS,
    catalogEntities: values.CATALOG_ENTITIES,
    limits: {
      complexityPerMinute: values.LIMIT_COMPLEXITY,
      subscriptions: values.LIMIT_SUBSCRIPTIONS,
      connections: values.LIMIT_CONNECTIONS,
    },
  }
}

const toSecret = (text: string | undefined): Secret | null => (text === undefined ? null : new Secret(text))
