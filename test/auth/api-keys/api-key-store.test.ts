import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { generateApiKey, hashApiKey } from '../../../src/auth/api-keys/api-key-format.ts'
import {
  type ApiKeyLimits,
  ApiKeyNameTaken,
  type ApiKeyStore,
  createApiKeyRecord,
  toViewer,
} from '../../../src/auth/api-keys/api-key-store.ts'
import { openFileApiKeyStore } from '../../../src/auth/api-keys/file-api-key-store.ts'
import { openRedisApiKeyStore } from '../../../src/auth/api-keys/redis-api-key-store.ts'
import { openJournal } from '../../../src/journal/open-journal.ts'
import { type AuditRow, fromAuditRow } from '../../../src/model/audit.ts'
import type { AcsSystemId, AcsUserId } from '../../../src/model/ids.ts'
import { MutationRefused } from '../../../src/model/user-error.ts'
import { openRedisConnection } from '../../../src/redis/redis-connection.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'

const systems = [
  '3c9e1a70-52b4-4f0e-9d1c-6b7a8c9d0e1f',
  '11111111-1111-4111-8111-111111111111',
] as AcsSystemId[]
const residentId = 'b2d4f6a8-1c3e-4a5b-8d7f-9e0a1b2c3d4e' as AcsUserId

let folder: string
let redis: RedisServer
let workspaceId: string
let clock = Date.parse('2026-07-20T12:00:00.000Z')
const now = () => new Date(clock)
const inHours = (hours: number) => new Date(clock + hours * 3_600_000).toISOString()

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis[Symbol.asyncDispose]())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-keys-'))
  workspaceId = randomUUID()
})
afterEach(() => rm(folder, { recursive: true }))

const inFile = (file = join(folder, 'data', 'keys.db')) => openFileApiKeyStore({ file, now })
const inRedis = () => openRedisApiKeyStore({ url: redis.url, workspaceId, now })

describe.each([
  ['a file', async (store: ApiKeyStore): Promise<readonly AuditRow[]> => store.listAuditAfter(null)],
  [
    'Redis',
    async (): Promise<readonly AuditRow[]> => {
      const journal = await openJournal({ redisUrl: redis.url, dataDir: folder, workspaceId })
      const rows = await journal.readAudit({ from: null, to: null, limit: 100, isNewestFirst: false })
      await journal.close()
      return rows
    },
  ],
] as const)('the audit records of API keys in %s', (name, rowsIn) => {
  it('should be written for each created, narrowed or revoked API key, and for no refused request', async () => {
    const store = await (name === 'Redis' ? inRedis() : inFile())
    const { key, record } = await store.create({ name: 'ada', scopes: ['read', 'audit'], residentId })
    await expect(store.create({ name: 'ada', scopes: ['read'] })).rejects.toThrow(ApiKeyNameTaken)
    clock += 1_000
    await expect(store.narrow(record.id, { scopes: ['admin'] })).rejects.toThrow(MutationRefused)
    expect(await store.narrow('unknown', { scopes: ['read'] })).toBeNull()
    await store.narrow(record.id, { acsSystemIds: systems })
    clock += 1_000
    expect(await store.revoke('ada')).toBe(true)
    expect(await store.revoke('ada')).toBe(false)
    const rows = await rowsIn(store)
    const common = {
      ...{ actorKind: 'COMMAND_LINE', targetId: record.id, acsUserId: residentId },
      details: { name: 'ada', scopes: 'read audit' },
    }
    // Who cannot see the wider access scope cannot see that it was narrowed.
    expect(rows.map(fromAuditRow)).toMatchObject([
      { ...common, action: 'keys create', acsSystemIds: null },
      {
        ...common,
        action: 'keys narrow',
        acsSystemIds: null,
        details: { ...common.details, acsSystemIds: systems.join(' '), acsUserId: residentId },
      },
      { ...common, action: 'keys revoke', acsSystemIds: systems },
    ])
    expect(JSON.stringify(rows)).not.toContain(key)
    if (name === 'a file') {
      expect(await store.listAuditAfter(rows[0]?.id ?? '')).toEqual(rows.slice(1))
      expect(await store.listAuditAfter(rows[2]?.id ?? '')).toEqual([])
      expect(await store.listAuditAfter('of another file')).toEqual(rows)
    }
    await store.close()
  })
})

describe.each([
  ['a file', () => inFile()],
  ['Redis', inRedis],
])('API keys in %s', (_name, open) => {
  let store: ApiKeyStore
  beforeEach(async () => {
    store = await open()
  })
  afterEach(() => store.close())

  describe('an API key', () => {
    it('should be found by its text with all its properties, also after a restart', async () => {
      const { key, record } = await store.create({
        name: ' ada ',
        scopes: ['read', 'codes:read'],
        acsSystemIds: systems,
        residentId,
        graph: 'partner',
        expiresAt: '2027-01-31T01:00:00+01:00',
      })
      expect(key).toMatch(/^lk_[\w-]{11}_[\w-]{43}$/)
      expect(record).toEqual({
        id: key.slice(3, 14),
        name: 'ada',
        scopes: ['read', 'codes:read'],
        acsSystemIds: systems,
        residentId,
        graph: 'partner',
        createdAt: new Date(clock).toISOString(),
        expiresAt: '2027-01-31T00:00:00.000Z',
        revokedAt: null,
      })
      await store.close()
      store = await open()
      expect(await store.findByKey(key)).toEqual(record)
      expect(await store.findById(record.id)).toEqual(record)
      expect(await store.list()).toEqual([record])
    })

    it('should have an unlimited access scope and no expiry by default', async () => {
      const { record } = await store.create({ name: 'ada', scopes: ['read'] })
      expect(record).toMatchObject({ acsSystemIds: null, residentId: null, graph: 'whole', expiresAt: null })
      expect(await store.findById(record.id)).toEqual(record)
    })

    it('should be refused if its name is empty, invisible, too long or has control characters', async () => {
      for (const name of ['', ' \t', '\u200B', 'a\0b', 'red\u001B[31m', 'a\nb', 'x'.repeat(65)])
        await expect(store.create({ name, scopes: ['read'] }), JSON.stringify(name)).rejects.toThrow(
          "A key's name",
        )
      expect(await store.list()).toEqual([])
    })

    it('should be refused for the partner graph with scopes that partners cannot have', async () => {
      for (const scope of ['admin', 'audit', 'connections:write'] as const)
        await expect(
          store.create({ name: 'ada', scopes: ['read', scope], graph: 'partner' }),
        ).rejects.toThrow(`A partner's key can't have the scope ${scope}.`)
      expect(await store.list()).toEqual([])
    })

    it('should allow no ACS system if its list is empty, rather than all', async () => {
      const { key } = await store.create({ name: 'ada', scopes: ['read'], acsSystemIds: [] })
      expect((await store.findByKey(key))?.acsSystemIds).toEqual([])
    })

    it('should have a unique text and id', async () => {
      const made = await Promise.all(['a', 'b', 'c'].map((name) => store.create({ name, scopes: [] })))
      expect(new Set(made.map(({ key }) => key)).size).toBe(3)
      expect(new Set(made.map(({ record }) => record.id)).size).toBe(3)
    })

    it('should not be found by a similar text', async () => {
      const { key } = await store.create({ name: 'ada', scopes: ['read'] })
      const { key: other } = await store.create({ name: 'eve', scopes: ['read'] })
      const last = key.endsWith('A') ? 'B' : 'A'
      const otherTexts = [
        '',
        'lk_',
        key.slice(0, -1),
        `${key.slice(0, -1)}${last}`,
        `${key} `,
        ` ${key}`,
        `${key}\n`,
        key.toUpperCase(),
      ]
      otherTexts.push(
        key.slice(0, 15) + other.slice(15),
        `lk_${'A'.repeat(11)}_${key.slice(15)}`,
        "' OR 1=1 --",
        'x'.repeat(100_000),
      )
      for (const text of otherTexts) expect(await store.findByKey(text), text.slice(0, 80)).toBeNull()
      expect(await store.findByKey(key)).not.toBeNull()
    })
  })

  describe('the end of an API key', () => {
    it('should be immediate and permanent at its revocation', async () => {
      const { key, record } = await store.create({ name: 'ada', scopes: ['read'] })
      expect(await store.revoke(' ada ')).toBe(true)
      expect(await store.findByKey(key)).toBeNull()
      expect(await store.findById(record.id)).toBeNull()
      expect(await store.list()).toEqual([])
      expect(await store.revoke('ada')).toBe(false)
      expect(await store.revoke('nobody')).toBe(false)
    })

    it('should be exactly at its expiry', async () => {
      const { key, record } = await store.create({ name: 'ada', scopes: ['read'], expiresAt: inHours(1) })
      clock += 3_600_000 - 1
      expect(await store.findByKey(key)).not.toBeNull()
      clock += 1
      expect(await store.findByKey(key)).toBeNull()
      expect(await store.findById(record.id)).toBeNull()
      expect((await store.list()).map(({ name }) => name)).toEqual(['ada'])
    })
  })

  describe('a narrowed API key', () => {
    const wide = { name: 'ada', scopes: ['read', 'write', 'events'] } as const

    it('should have the new permissions at once, also after a restart, and otherwise stay as it was', async () => {
      const { key, record } = await store.create(wide)
      const limits = { scopes: ['events', 'read'], acsSystemIds: systems, residentId } as const
      const narrowed = await store.narrow(record.id, { ...limits, expiresAt: '2027-01-31T01:00:00+01:00' })
      expect(narrowed).toEqual({
        ...record,
        ...limits,
        scopes: ['read', 'events'],
        expiresAt: '2027-01-31T00:00:00.000Z',
      })
      expect(await store.findByKey(key)).toEqual(narrowed)
      expect(await store.list()).toEqual([narrowed])
      await store.close()
      store = await open()
      expect(await store.findById(record.id)).toEqual(narrowed)
    })

    it('should keep what is omitted, or the same as before', async () => {
      const limited = {
        ...{ acsSystemIds: systems, residentId, expiresAt: inHours(1) },
        graph: 'partner',
      } as const
      const { record } = await store.create({ ...wide, ...limited })
      expect(await store.narrow(record.id, { scopes: ['read'] })).toEqual({ ...record, scopes: ['read'] })
      const same = { acsSystemIds: systems, residentId, expiresAt: inHours(1) }
      expect(await store.narrow(record.id, same)).toEqual({ ...record, scopes: ['read'] })
      const { record: unlimited } = await store.create({ name: 'eve', scopes: ['read'] })
      const noLimits = { acsSystemIds: null, residentId: null, expiresAt: null }
      expect(await store.narrow(unlimited.id, noLimits)).toEqual(unlimited)
    })

    it('should end at its new expiry, after which its name is available again', async () => {
      const { key, record } = await store.create(wide)
      await store.narrow(record.id, { expiresAt: inHours(1) })
      clock += 3_600_000 - 1
      expect(await store.findByKey(key)).not.toBeNull()
      await expect(store.create(wide)).rejects.toThrow(ApiKeyNameTaken)
      clock += 1
      expect(await store.findByKey(key)).toBeNull()
      await store.create(wide)
      expect(await store.findByKey(key)).toBeNull()
    })

    const other = '99999999-9999-4999-8999-999999999999'
    it.each<[string, ApiKeyLimits, string[] | null, string]>([
      ['another scope', { scopes: ['read', 'admin'] }, ['scopes'], 'NOT_ALLOWED'],
      ['no scope', { scopes: [] }, ['scopes'], 'REQUIRED'],
      [
        'another ACS system',
        { acsSystemIds: [...systems, other as AcsSystemId] },
        ['acsSystemIds', '2'],
        'NOT_ALLOWED',
      ],
      ['no ACS system', { acsSystemIds: [] }, ['acsSystemIds'], 'REQUIRED'],
      ['all ACS systems', { acsSystemIds: null }, ['acsSystemIds'], 'NOT_ALLOWED'],
      ['another resident', { residentId: other as AcsUserId }, ['acsUserId'], 'NOT_ALLOWED'],
      ['all residents', { residentId: null }, ['acsUserId'], 'NOT_ALLOWED'],
      ['a later expiry', { expiresAt: '2026-08-01T00:00:00.001Z' }, ['expiresAt'], 'NOT_ALLOWED'],
      ['no expiry', { expiresAt: null }, ['expiresAt'], 'NOT_ALLOWED'],
      ['an expiry in the past', { expiresAt: '2026-07-20T12:00:00Z' }, ['expiresAt'], 'SCHEDULE_INVALID'],
      ['nothing', {}, null, 'REQUIRED'],
    ])('should not be changed at all with %s', async (_case, limits, field, code) => {
      clock = Date.parse('2026-07-20T12:00:00.000Z')
      const limited = { acsSystemIds: systems, residentId, expiresAt: '2026-08-01T00:00:00Z' }
      const { record } = await store.create({ ...wide, ...limited })
      const allowed = field === null ? {} : { scopes: ['read'] as const, expiresAt: inHours(1) }
      await expect(store.narrow(record.id, { ...allowed, ...limits })).rejects.toMatchObject({
        userErrors: [{ field, code, message: expect.stringMatching(/\.$/) }],
      })
      expect(await store.findById(record.id)).toEqual(record)
    })

    it('should not exist if it was revoked, and be refused if it has expired', async () => {
      const { record: revoked } = await store.create(wide)
      await store.revoke('ada')
      expect(await store.narrow(revoked.id, { scopes: ['read'] })).toBeNull()
      const { record: expired } = await store.create({ ...wide, expiresAt: inHours(1) })
      clock += 3_600_000
      await expect(store.narrow(expired.id, { scopes: ['read'] })).rejects.toMatchObject({
        userErrors: [{ field: ['apiKeyId'], code: 'NOT_ALLOWED' }],
      })
      expect(await store.list()).toEqual([expired])
    })

    it('should get the limits of all concurrent writers', async () => {
      const { record } = await store.create(wide)
      const others = await Promise.all([open(), open(), open()])
      await Promise.all([
        others[0].narrow(record.id, { scopes: ['read', 'events'] }),
        others[1].narrow(record.id, { residentId }),
        others[2].narrow(record.id, { acsSystemIds: systems }),
        store.narrow(record.id, { expiresAt: inHours(1) }),
      ])
      await vi.waitFor(async () =>
        expect(await store.findById(record.id)).toEqual({
          ...record,
          ...{ scopes: ['read', 'events'], residentId, acsSystemIds: systems, expiresAt: inHours(1) },
        }),
      )
      await Promise.all(others.map((each) => each.close()))
    })
  })

  describe('the name of an API key', () => {
    it('should be unique among valid API keys', async () => {
      const { key } = await store.create({ name: 'ada', scopes: ['read'] })
      const again = store.create({ name: ' ada', scopes: ['write'] })
      await expect(again).rejects.toThrow(ApiKeyNameTaken)
      await expect(again).rejects.toMatchObject({
        code: 'KEY_NAME_TAKEN',
        message: expect.stringContaining('ada'),
      })
      expect((await store.findByKey(key))?.scopes).toEqual(['read'])
    })

    it('should be available again once its API key was revoked or has expired', async () => {
      const { key: first } = await store.create({ name: 'ada', scopes: ['read'] })
      await store.revoke('ada')
      const { key: second } = await store.create({ name: 'ada', scopes: ['read'], expiresAt: inHours(1) })
      clock += 3_600_000
      const { key: third } = await store.create({ name: 'ada', scopes: ['write'] })
      expect(await Promise.all([first, second, third].map((key) => store.findByKey(key)))).toMatchObject([
        null,
        null,
        { scopes: ['write'] },
      ])
      expect(await store.list()).toHaveLength(1)
    })

    it.each([[''], ['   '], ['x'.repeat(65)]])('should have 1 to 64 characters: not %j', async (name) => {
      await expect(store.create({ name, scopes: [] })).rejects.toThrow(RangeError)
      expect(await store.list()).toEqual([])
    })

    it('should allow any other characters, and determine the order of the list', async () => {
      const names = ['x'.repeat(64), "Zoë's key; DROP TABLE keys", 'lobby display 🏢']
      for (const name of names) await store.create({ name, scopes: [] })
      expect((await store.list()).map(({ name }) => name)).toEqual([...names].sort())
    })
  })

  it('should be refused with an unreadable expiry', async () => {
    for (const expiresAt of ['soon', '', '2027-13-01'])
      await expect(store.create({ name: 'ada', scopes: [], expiresAt })).rejects.toThrow(RangeError)
  })

  describe('a store with several writers', () => {
    it('should report once that it has changed, by another writer or by itself', async () => {
      const other = await open()
      expect(await store.hasChanged()).toBe(false)
      await other.create({ name: 'ada', scopes: [] })
      expect(await store.hasChanged()).toBe(true)
      expect(await store.hasChanged()).toBe(false)
      const [record] = await other.list()
      await other.narrow(record?.id ?? '', { residentId })
      expect(await store.hasChanged()).toBe(true)
      await other.revoke('ada')
      expect(await store.hasChanged()).toBe(true)
      await store.create({ name: 'eve', scopes: [] })
      expect(await store.hasChanged()).toBe(true)
      expect(await store.hasChanged()).toBe(false)
      await other.findByKey('lk_')
      await other.list()
      expect(await store.hasChanged()).toBe(false)
      await other.close()
    })
  })
})

describe('API keys in a file', () => {
  it('should be stored without their secret part', async () => {
    const store = await inFile()
    const { key } = await store.create({ name: 'ada', scopes: ['read'] })
    for (const name of await readdir(join(folder, 'data'))) {
      const bytes = await readFile(join(folder, 'data', name))
      expect(bytes.includes(key)).toBe(false)
      expect(bytes.includes(key.slice(15))).toBe(false)
      expect(bytes.includes(Buffer.from(key.slice(15), 'base64url'))).toBe(false)
    }
  })

  it('should be created by only one of several concurrent processes with the same name', async () => {
    const shared = join(folder, 'shared', 'keys.db')
    const script = fileURLToPath(import.meta.resolve('./key-maker.ts'))
    const makers = Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, [script, shared, 'ada'])
      child.stderr.pipe(process.stderr)
      let output = ''
      child.stdout.on('data', (text) => {
        output += text
      })
      await once(child, 'close')
      return output
    })
    const outputs = await Promise.all(makers)
    const store = await inFile(shared)
    const keys = outputs.filter((text) => text.startsWith('lk_'))
    expect(outputs.filter((text) => text === 'KEY_NAME_TAKEN')).toHaveLength(5)
    expect(keys).toHaveLength(1)
    expect(await store.findByKey(keys[0] ?? '')).toMatchObject({ name: 'ada' })
    await store.close()
  })

  it('should be readable by the owner only: the file 0600, the folder 0700', async () => {
    const store = await inFile()
    await store.create({ name: 'ada', scopes: [] })
    const data = join(folder, 'data')
    expect((await stat(data)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(data)) expect((await stat(join(data, name))).mode & 0o777).toBe(0o600)
    await store.close()
  })

  it('should be refused with the path and advice if the file cannot be opened', async () => {
    const broken = join(folder, 'broken.db')
    await writeFile(broken, 'a letter to a friend, long enough to be taken for a database. '.repeat(100))
    await expect(inFile(broken)).rejects.toMatchObject({
      code: 'KEY_STORE_UNAVAILABLE',
      message: expect.stringMatching(/broken\.db .*not a database.*backup/),
    })
    await expect(inFile(join(broken, 'keys.db'))).rejects.toMatchObject({ code: 'KEY_STORE_UNAVAILABLE' })
    await expect(inFile(folder)).rejects.toMatchObject({ code: 'KEY_STORE_UNAVAILABLE' })
  })
})

describe('API keys in Redis', () => {
  it('should be stored without their secret part', async () => {
    const store = await inRedis()
    const { key } = await store.create({ name: 'ada', scopes: ['read'] })
    const values = JSON.stringify(await redis.command('HVALS', `{latchkey:${workspaceId}}:keys`))
    expect(values).toContain('ada')
    expect(values).not.toContain(key.slice(15))
    await store.close()
  })

  it('should be separate for each workspace', async () => {
    const store = await inRedis()
    const { key } = await store.create({ name: 'ada', scopes: ['read'] })
    const other = await openRedisApiKeyStore({ url: redis.url, workspaceId: randomUUID() })
    expect(await other.findByKey(key)).toBeNull()
    expect(await other.list()).toEqual([])
    await Promise.all([store.close(), other.close()])
  })

  it('should be valid on all replicas at once, and invalid within two seconds after revocation', async () => {
    const [one, two] = [await inRedis(), await inRedis()]
    const { key } = await one.create({ name: 'ada', scopes: ['read'] })
    expect(await two.findByKey(key)).toMatchObject({ name: 'ada' })
    await one.revoke('ada')
    await vi.waitFor(async () => expect(await two.findByKey(key)).toBeNull(), { timeout: 2_000 })
    await Promise.all([one.close(), two.close()])
  })

  it('should be narrowed on all replicas within two seconds', async () => {
    const [one, two] = [await inRedis(), await inRedis()]
    const { key, record } = await one.create({ name: 'ada', scopes: ['read', 'write'] })
    expect(await two.findByKey(key)).toEqual(record)
    await one.narrow(record.id, { scopes: ['read'] })
    await vi.waitFor(async () => expect((await two.findByKey(key))?.scopes).toEqual(['read']), {
      timeout: 2_000,
    })
    await Promise.all([one.close(), two.close()])
  })

  it('should still be found while Redis is unavailable, if they were read before', async () => {
    await using own = await startRedis()
    const store = await openRedisApiKeyStore({ url: own.url, workspaceId, now })
    const { key } = await store.create({ name: 'ada', scopes: ['read'] })
    await own.kill()
    expect(await store.findByKey(key)).toMatchObject({ name: 'ada' })
    await expect(store.findByKey(`lk_${'A'.repeat(11)}_${'A'.repeat(43)}`)).rejects.toMatchObject({
      code: 'KEY_STORE_UNAVAILABLE',
    })
    await expect(store.create({ name: 'eve', scopes: ['read'] })).rejects.toMatchObject({
      code: 'KEY_STORE_UNAVAILABLE',
    })
    await own.start()
    await vi.waitFor(() => store.create({ name: 'eve', scopes: ['read'] }), { timeout: 5_000 })
    await store.close()
  })

  it('should fail at the start with the cause if Redis cannot be reached', async () => {
    await expect(
      openRedisApiKeyStore({ url: 'redis://:word@127.0.0.1:1', workspaceId }),
    ).rejects.toMatchObject({
      code: 'KEY_STORE_UNAVAILABLE',
      message: expect.stringMatching(/redis:\/\/127\.0\.0\.1:1 .*ECONNREFUSED/),
    })
  })
})

describe('API keys that were created before the partner graph existed', () => {
  it('should have the whole graph, in a file', async () => {
    const file = join(folder, 'keys.db')
    const old = new DatabaseSync(file)
    old.exec(
      'CREATE TABLE keys (id TEXT PRIMARY KEY, hash BLOB NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, systems TEXT, resident TEXT, created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT) STRICT',
    )
    const { id, text } = generateApiKey()
    old
      .prepare("INSERT INTO keys VALUES (?, ?, 'ada', 'read', NULL, NULL, '2026-01-01', NULL, NULL)")
      .run(id, hashApiKey(text))
    old.close()
    for (let times = 0; times < 2; times++) {
      const store = await inFile(file)
      expect(await store.findByKey(text)).toMatchObject({ name: 'ada', graph: 'whole', revokedAt: null })
      await store.close()
    }
    const store = await inFile(file)
    await store.create({ name: 'eve', scopes: ['read'], graph: 'partner' })
    expect((await store.list()).map(({ name, graph }) => `${name} ${graph}`)).toEqual([
      'ada whole',
      'eve partner',
    ])
    await store.close()
  })

  it('should have the whole graph, in Redis', async () => {
    const { id, text } = generateApiKey()
    const { graph: _graph, ...record } = createApiKeyRecord(id, { name: 'ada', scopes: ['read'] }, now())
    const stored = { hash: hashApiKey(text).toString('base64'), record }
    const line = openRedisConnection(redis.url)
    await line.execute((client) => client.hSet(`{latchkey:${workspaceId}}:keys`, id, JSON.stringify(stored)))
    await line.execute((client) => client.incr(`{latchkey:${workspaceId}}:keys:version`))
    line.close()
    const store = await inRedis()
    expect(await store.findByKey(text)).toMatchObject({ name: 'ada', graph: 'whole' })
    await store.close()
  })
})

describe('the viewer of an API key', () => {
  it('should have the name, scopes and access scope of the API key', async () => {
    const store = await inFile()
    const { record } = await store.create({
      name: 'ada',
      scopes: ['read', 'events'],
      acsSystemIds: systems,
      residentId,
      graph: 'partner',
      expiresAt: inHours(1),
    })
    expect(toViewer(record)).toEqual({
      name: 'ada',
      scopes: new Set(['read', 'events']),
      accessScope: { acsSystemIds: new Set(systems), acsUserId: residentId },
      graph: 'partner',
      isDemo: false,
      expiresAt: record.expiresAt,
      apiKeyId: record.id,
    })
  })

  it('should have an unlimited access scope by default, and an empty one without ACS systems', async () => {
    const store = await inFile()
    const { record: all } = await store.create({ name: 'all', scopes: ['read'] })
    const { record: none } = await store.create({ name: 'none', scopes: ['read'], acsSystemIds: [] })
    expect(toViewer(all).accessScope).toEqual({ acsSystemIds: null, acsUserId: null })
    expect(toViewer(none).accessScope).toEqual({ acsSystemIds: new Set(), acsUserId: null })
  })
})
