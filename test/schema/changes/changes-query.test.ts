import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute, type GraphQLError, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GraphContext } from '../../../schema/context.ts'
import { buildSchema } from '../../../schema/schema.ts'
import type { Viewer } from '../../../src/auth/viewer.ts'
import { createCatalog } from '../../../src/catalog/catalog.ts'
import { createChangeLog } from '../../../src/feed/change-log.ts'
import { createCursors } from '../../../src/feed/cursors.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import type { NewChange } from '../../../src/model/change.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createSeamClient } from '../../../src/seam/client.ts'

type Page = {
  totalCount: number
  edges: { cursor: string; node: { cursor: string; seamEventId: string } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
}

const schema = buildSchema()
const document = parse(`
  query Journal($first: Int, $after: String, $last: Int, $before: String, $filter: ChangeFilter) {
    changes(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { cursor seamEventId } }
    }
  }
`)

const fullViewer: Viewer = {
  name: 'ada',
  scopes: new Set(['read', 'events']),
  accessScope: { acsSystemIds: null, acsUserId: null },
  graph: 'whole',
  isDemo: false,
  expiresAt: null,
  apiKeyId: null,
}

const change = (number: number): NewChange => ({
  subject: 'CREDENTIAL',
  kind: number % 2 === 0 ? 'ISSUED' : 'DELETED',
  origin: 'WEBHOOK',
  occurredAt: '2025-06-01T00:00:00Z',
  actor: null,
  seamEventId: String(number),
  acsSystemId: null,
  acsUserId: null,
  acsEntranceIds: null,
  acsCredentialId: null,
  connectedAccountId: null,
  connectWebviewId: null,
  changedFields: [],
  problem: null,
})

describe('the query changes', () => {
  let folder: string
  let now = '2025-06-01T00:00:00.000Z'
  const journals: Journal[] = []

  async function openJournal(name: string): Promise<Journal> {
    const journal = await openSqliteJournal({ file: join(folder, name), now: () => new Date(now) })
    journals.push(journal)
    return journal
  }

  async function createReader(journal: Journal, viewer = fullViewer) {
    const seam = createSeamClient({ apiKey: new Secret('seam_none'), endpoint: 'http://127.0.0.1:9' })
    const catalog = createCatalog({ seam, maxAgeMs: 60_000 })
    const cursors = await createCursors(journal)
    return async (variableValues: Record<string, unknown>) => {
      const changeLog = createChangeLog({ journal, catalog, cursors, viewer, head: await journal.readHead() })
      const contextValue = { viewer, changeLog } as GraphContext
      const { data, errors } = await execute({ schema, document, variableValues, contextValue })
      return { page: data?.changes as Page, errors: errors as readonly GraphQLError[] | undefined }
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-'))
  })
  afterAll(async () => {
    for (const journal of journals) await journal.close()
    await rm(folder, { recursive: true })
  })

  const numbersOf = (page: Page) => page.edges.map(({ node }) => Number(node.seamEventId))
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

  it.each([
    ['forwards', null],
    ['forwards', { kinds: ['ISSUED'] }],
    ['backwards', null],
    ['backwards', { kinds: ['ISSUED'] }],
  ])('should return every change once, paging %s with the filter %j', async (way, filter) => {
    const journal = await openJournal(`${way} ${filter === null}`)
    await journal.append([{ dedupeKeys: [], changes: upTo(11).map(change) }])
    const read = await createReader(journal)
    const wanted = upTo(11).filter((number) => filter === null || number % 2 === 0)
    const seen: number[] = []
    for (let range: Record<string, unknown> = {}; ; ) {
      const { page } = await read({ ...range, [way === 'forwards' ? 'first' : 'last']: 4, filter })
      expect(page.totalCount).toBe(wanted.length)
      const numbers = numbersOf(page)
      expect(page.pageInfo.hasPreviousPage).toBe(numbers[0] !== wanted[0])
      expect(page.pageInfo.hasNextPage).toBe(numbers.at(-1) !== wanted.at(-1))
      if (way === 'forwards') seen.push(...numbers)
      else seen.unshift(...numbers)
      if (!(way === 'forwards' ? page.pageInfo.hasNextPage : page.pageInfo.hasPreviousPage)) break
      range = way === 'forwards' ? { after: page.pageInfo.endCursor } : { before: page.pageInfo.startCursor }
    }
    expect(seen).toEqual(wanted)
  })

  it('should return the same cursor in the edge and in the change', async () => {
    const journal = await openJournal('cursors')
    await journal.append([{ dedupeKeys: [], changes: upTo(3).map(change) }])
    const { page } = await (await createReader(journal))({})
    expect(page.edges.map(({ cursor }) => cursor)).toEqual(page.edges.map(({ node }) => node.cursor))
    expect(page.pageInfo.endCursor).toBe(page.edges[2]?.cursor)
  })

  it('should return new changes after a cursor at the end of the journal', async () => {
    const journal = await openJournal('polling')
    await journal.append([{ dedupeKeys: [], changes: [change(0)] }])
    const read = await createReader(journal)
    const { endCursor: after } = (await read({})).page.pageInfo
    expect((await read({ after })).page.edges).toEqual([])
    await journal.append([{ dedupeKeys: [], changes: [change(1)] }])
    expect(numbersOf((await read({ after })).page)).toEqual([1])
  })

  it('should fail with JOURNAL_REPLACED if the journal was restored to a state before the cursor', async () => {
    const journal = await openJournal('full')
    await journal.append([{ dedupeKeys: [], changes: [change(0)] }])
    // A copy of a closed file is a valid backup.
    await journal.close()
    await copyFile(join(folder, 'full'), join(folder, 'backup'))
    const later = await openJournal('full')
    await later.append([{ dedupeKeys: [], changes: [change(1)] }])
    const { endCursor: after } = (await (await createReader(later))({})).page.pageInfo
    const { errors } = await (await createReader(await openJournal('backup')))({ after })
    expect(errors?.[0]?.extensions.code).toBe('JOURNAL_REPLACED')
  })

  it('should fail with the reason why it cannot resume from a cursor', async () => {
    const journal = await openJournal('gaps')
    const other = await openJournal('other')
    for (const each of [journal, other]) await each.append([{ dedupeKeys: [], changes: [change(0)] }])
    const read = await createReader(journal)
    const { endCursor: mine } = (await read({})).page.pageInfo
    const { endCursor: foreign } = (await (await createReader(other))({})).page.pageInfo
    const auditor = await createReader(journal, {
      ...fullViewer,
      scopes: new Set(['read', 'events', 'audit']),
    })
    await journal.append([{ dedupeKeys: [], changes: upTo(3).map(change) }])
    now = '2025-07-01T00:00:00.000Z'
    const codeOf = async (readPage: typeof read, range: Record<string, unknown>) =>
      (await readPage(range)).errors?.[0]?.extensions.code ?? 'none'

    expect(await codeOf(read, { after: foreign })).toBe('JOURNAL_REPLACED')
    expect(await codeOf(auditor, { after: mine })).toBe('SIGHT_CHANGED')
    await expect(read({ after: 'garbage' })).resolves.toMatchObject({
      errors: [{ originalError: { code: 'BAD_CURSOR' } }],
    })
    expect(await codeOf(read, { first: 101 })).toBe('BAD_USER_INPUT')
    expect(await codeOf(read, { after: mine })).toBe('none')
    await journal.trim(Date.parse(now) - Date.parse('2025-06-15T00:00:00.000Z'))
    expect(await codeOf(read, { after: mine })).toBe('CURSOR_EXPIRED')
    expect(await codeOf(read, {})).toBe('none')
  })
})
