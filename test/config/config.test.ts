import { describe, expect, test } from 'vitest'
import { ConfigError, environmentVariables, readConfig } from '../../src/config/config.ts'

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

/** A valid value for every variable. */
const samples: Readonly<Record<string, string>> = {
  HOST: '0.0.0.0',
  PORT: '0',
  DATA_DIR: '/data',
  REDIS_URL: 'rediss://:secret@redis:6380/1',
  PUBLIC_URL: 'https://gateway.example.com/',
  SEAM_API_KEY: 'seam_test1abc_123',
  SEAM_ENDPOINT: 'http://127.0.0.1:4010',
  SEAM_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  AUTH_JWKS_URL: 'https://id.example.com/keys',
  AUTH_ISSUER: 'https://id.example.com',
  AUTH_AUDIENCE: 'latchkey',
  AUTH_CLIENT_ID: 'dashboard',
  AUTH_SCOPE: 'openid read write',
  ALLOWED_ORIGINS: 'https://app.example.com, http://localhost:5173, capacitor://localhost, tauri://localhost',
  TRUSTED_DOCUMENTS: 'old.json, new.json',
  TRUSTED_DOCUMENTS_FOR: 'everybody',
  WEBHOOK_INTERNAL_HOSTS: 'Hooks.internal.example, 10.0.0.5:8080',
  LOG_LEVEL: 'debug',
  RETENTION_DAYS: '7',
  RETENTION_CHANGES: '5000',
  AUDIT_RETENTION_DAYS: '400',
  AUDIT_RETENTION_RECORDS: '9000',
  CLIENT_SESSION_MAX_HOURS: '8',
  RECONCILE_SECONDS: '86400',
  KEEP_ALIVE_SECONDS: '75',
  LIMIT_COMPLEXITY: '1000',
  LIMIT_SUBSCRIPTIONS: '10',
  LIMIT_CONNECTIONS: '10',
  CATALOG_ENTITIES: '5000',
  STALE_SECONDS: '60',
}

describe('the environment', () => {
  test('returns the documented defaults if no variable is set', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 4000,
      dataDir: '.latchkey',
      redisUrl: null,
      publicUrl: null,
      seamApiKey: null,
      seamEndpoint: null,
      seamWebhookSecret: null,
      auth: null,
      login: null,
      allowedOrigins: [],
      trustedDocuments: { files: [], requiredFor: 'tokens' },
      webhookInternalHosts: [],
      keepAliveSeconds: 620,
      logLevel: 'info',
      retentionDays: 30,
      retentionChanges: 2_000_000,
      auditRetentionDays: 365,
      auditRetentionRecords: 100_000,
      clientSessionMaxHours: 24,
      reconcileSeconds: 300,
      limits: { complexityPerMinute: 30_000_000, subscriptions: 20_000, connections: 20_000 },
      staleSeconds: 3_600,
      catalogEntities: 100_000,
    })
  })

  test('reads every variable', () => {
    const config = readConfig(samples)
    expect(config).toMatchObject({
      port: 0,
      publicUrl: 'https://gateway.example.com',
      allowedOrigins: [
        'https://app.example.com',
        'http://localhost:5173',
        'capacitor://localhost',
        'tauri://localhost',
      ],
      trustedDocuments: { files: ['old.json', 'new.json'], requiredFor: 'everybody' },
      webhookInternalHosts: ['hooks.internal.example', '10.0.0.5:8080'],
      auth: { issuer: 'https://id.example.com', audience: 'latchkey' },
      login: {
        issuer: 'https://id.example.com',
        audience: 'latchkey',
        clientId: 'dashboard',
        scope: 'openid read write',
      },
      retentionDays: 7,
      auditRetentionDays: 400,
      auditRetentionRecords: 9_000,
      clientSessionMaxHours: 8,
      reconcileSeconds: 86_400,
    })
  })

  test('treats an empty value as not set', () => {
    expect(readConfig({ PORT: '', SEAM_API_KEY: '', ALLOWED_ORIGINS: '' })).toEqual(readConfig({}))
  })

  test('ignores variables of other programs', () => {
    const others = {
      PATH: '/bin',
      HOME: '/root',
      HOSTNAME: 'x',
      PORTS: '1',
      NODE_ENV: 'test',
      REDIS_PORT: '6379',
      npm_config_x: '1',
    }
    expect(problemsOf(others)).toEqual([])
  })

  test('ignores service links of Kubernetes', () => {
    const links = {
      LATCHKEY_SERVICE_HOST: '10.0.0.1',
      LATCHKEY_SERVICE_PORT: '4000',
      LATCHKEY_SERVICE_PORT_HTTP: '4000',
      LATCHKEY_PORT: 'tcp://10.0.0.1:4000',
      LATCHKEY_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
      LATCHKEY_PORT_4000_TCP_PROTO: 'tcp',
      LATCHKEY_PORT_4000_TCP_PORT: '4000',
      LATCHKEY_PORT_4000_TCP_ADDR: '10.0.0.1',
      SEAM_PROXY_SERVICE_HOST: 'fd00::1',
      SEAM_PROXY_PORT: 'tcp://[fd00::1]:80',
    }
    expect(problemsOf(links)).toEqual([])
    expect(problemsOf({ LATCHKEY_PORT: '4000' })).toHaveLength(1)
  })

  test.each(environmentVariables.map(({ name }) => name))(
    'trims white space around %s, and rejects quotes and control characters with the name of the variable',
    (name) => {
      const value = samples[name] ?? ''
      expect(value).not.toBe('')
      const problemsWith = (text: string) => problemsOf({ ...samples, [name]: text })
      expect(readConfig({ ...samples, [name]: ` ${value}\r\n` })).toEqual(readConfig(samples))
      for (const quote of ['"', "'"])
        expect(problemsWith(`${quote}${value}${quote}`)).toContain(
          `${name} is in quotes that are part of its value; remove them.`,
        )
      expect(problemsWith(`${value}\n${value}`)).toContain(
        `${name} contains a line break or another control character; remove it.`,
      )
    },
  )

  test('reports all problems at once, in one message', () => {
    const env = { PORT: 'abc', LOG_LEVEL: 'loud', SEAM_KEY: 'seam_x', RECONCILE_SECONDS: '0' }
    expect(problemsOf(env)).toEqual([
      'PORT is "abc"; expected a whole number from 0 to 65535.',
      'LOG_LEVEL is "loud"; expected one of trace, debug, info, warn, error, fatal, silent.',
      'RECONCILE_SECONDS is "0"; expected a whole number from 1 to 86400.',
      'SEAM_KEY is not a known variable; did you mean SEAM_API_KEY?',
    ])
    expect(() => readConfig(env)).toThrow(/PORT.*LOG_LEVEL.*SEAM_KEY/s)
  })

  test.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['HOST', 'http://x'],
    ['PUBLIC_URL', 'gateway.example.com'],
    ['PUBLIC_URL', 'https://x.example/?a=1'],
    ['WEBHOOK_INTERNAL_HOSTS', 'https://hooks.internal.example'],
    ['WEBHOOK_INTERNAL_HOSTS', 'a b'],
    ['TRUSTED_DOCUMENTS', 'a.json,,b.json'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://app.example.com/path'],
    ['ALLOWED_ORIGINS', 'capacitor://localhost/path'],
    ['ALLOWED_ORIGINS', 'file://localhost'],
    ['ALLOWED_ORIGINS', 'app.example.com'],
    ['ALLOWED_ORIGINS', 'https://a.example,null'],
    ['REDIS_URL', 'http://redis'],
    ['RETENTION_DAYS', '0'],
    ['RECONCILE_SECONDS', '86401'],
    ['LOG_LEVEL', 'INFO'],
  ])('rejects %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(`${name} `)])
  })

  test.each([
    ['seam_at1_abc', 'personal access token'],
    ['seam_cst1_abc', 'client session token'],
    ['seam_pk1_abc', 'publishable key'],
    ['eyJhbGciOi.x.y', 'JSON Web Token'],
    ['hunter2hunter2', 'beginning with seam_'],
  ])('names the wrong kind of Seam API key (%s) without repeating it', (key, why) => {
    const problems = problemsOf({ SEAM_API_KEY: key })
    expect(problems).toEqual([expect.stringContaining(why)])
    expect(problems.join()).not.toContain(key)
  })

  test('never repeats a secret', () => {
    const problems = problemsOf({
      REDIS_URL: 'http://:hunter2@r',
      SEAM_WEBHOOK_SECRET: 'hunter2',
      SEAM_APIKEY: 'hunter2',
    })
    expect(problems.length).toBeGreaterThan(2)
    expect(problems.join()).not.toContain('hunter2')
  })

  test.each([
    ['SEAM_APIKEY', 'SEAM_API_KEY'],
    ['seam_api_key', 'SEAM_API_KEY'],
    ['LATCHKEY_PORT', 'PORT'],
    ['LATCHKEY_DATA_DIR', 'DATA_DIR'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['REDIS_URI', 'REDIS_URL'],
    ['RETENTION_DAY', 'RETENTION_DAYS'],
    ['SEAM_WEBHOOKS_SECRET', 'SEAM_WEBHOOK_SECRET'],
  ])('suggests for %s the variable %s', (name, meant) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name} is not a known variable; did you mean ${meant}?`])
  })

  test('rejects an unknown name with the prefix LATCHKEY_', () => {
    expect(problemsOf({ LATCHKEY_MAGIC: '1' })).toEqual([
      'LATCHKEY_MAGIC is not a known variable; remove it.',
    ])
  })

  test('accepts the variables of the import and of the examples', () => {
    expect(problemsOf({ LATCHKEY_KEY: 'lk_1', LATCHKEY_URL: 'http://127.0.0.1:4000' })).toEqual([])
  })

  test('rejects incomplete token settings, and Seam settings without an API key', () => {
    expect(problemsOf({ AUTH_ISSUER: 'x' })).toEqual([
      expect.stringContaining('AUTH_JWKS_URL and AUTH_AUDIENCE'),
    ])
    expect(problemsOf({ AUTH_CLIENT_ID: 'x' })).toEqual([expect.stringContaining('without AUTH_JWKS_URL')])
    expect(problemsOf({ AUTH_SCOPE: 'x' })).toEqual([expect.stringContaining('without AUTH_CLIENT_ID')])
    expect(problemsOf({ ...samples, AUTH_ISSUER: 'http://id.example.com' })).toEqual([
      expect.stringContaining('AUTH_ISSUER must be an https URL'),
    ])
    expect(problemsOf({ TRUSTED_DOCUMENTS_FOR: 'everybody' })).toEqual([
      expect.stringContaining('without TRUSTED_DOCUMENTS'),
    ])
    expect(problemsOf({ SEAM_ENDPOINT: 'http://x' })).toEqual([
      expect.stringContaining('without SEAM_API_KEY'),
    ])
  })

  test('has a description for every variable', () => {
    expect(environmentVariables.length).toBeGreaterThanOrEqual(18)
    for (const { name, description } of environmentVariables) expect(description, name).toMatch(/\w.{15,}\.$/)
  })
})
