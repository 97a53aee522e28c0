import { describe, expect, it } from 'vitest'
import type { SystemSnapshot } from '../../../src/catalog/persistence/snapshot.ts'
import { parseSnapshot, serializeSnapshot } from '../../../src/catalog/persistence/snapshot-lines.ts'
import type { AcsCredential } from '../../../src/model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  UserIdentityId,
} from '../../../src/model/ids.ts'
import { Secret } from '../../../src/model/secret.ts'

const acsSystemId = 'system' as AcsSystemId
const credentialIds = Array.from({ length: 3_000 }, (_, index) => `credential ${index}` as AcsCredentialId)
const position = { epoch: 'epoch', offset: 7, term: '' }

const credential = (acsCredentialId: AcsCredentialId, code: Secret | null): AcsCredential => ({
  acsCredentialId,
  acsSystemId,
  acsUserId: 'user' as AcsUserId,
  userIdentityId: 'identity' as UserIdentityId,
  displayName: 'Code',
  accessMethod: 'code',
  isMultiPhoneSync: false,
  code,
  startsAt: null,
  endsAt: null,
  isIssued: true,
  issuedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  errors: [],
  warnings: [],
})

const rows = credentialIds.map((id) => credential(id, null))
const system: SystemSnapshot = {
  acsSystemId,
  users: null,
  entrances: null,
  credentials: { at: 5, isWhole: true, rows, doubts: credentialIds.slice(0, 3) },
  doors: {
    at: 6,
    isWhole: true,
    edges: [
      ['front' as AcsEntranceId, credentialIds],
      ['garage' as AcsEntranceId, credentialIds.slice(0, 2)],
    ],
    knownCredentials: credentialIds,
    invalidatedCredentials: [],
    knownEntrances: ['front' as AcsEntranceId],
    invalidatedEntrances: ['garage' as AcsEntranceId],
  },
}

function failOnInvalidPart(part: string, problem: string): never {
  throw new Error(`${part}: ${problem}`)
}

describe('the lines of a snapshot', () => {
  it('should have at most 500 items each, be parsed in a turn each, and contain everything', async () => {
    const lines = [...serializeSnapshot({ ...position, system })]
    type Item = [string, string[]] | object | string
    for (const line of lines) {
      const { items = [] } = JSON.parse(line) as { items?: Item[] }
      const count = (item: Item) => (Array.isArray(item) ? item[1].length : 1)
      expect(items.reduce((sum: number, item) => sum + count(item), 0)).toBeLessThanOrEqual(500)
    }
    let turns = 0
    const countTurn = (): void => {
      turns++
      next = setImmediate(countTurn)
    }
    let next = setImmediate(countTurn)
    const parsed = await parseSnapshot(lines, failOnInvalidPart)
    clearImmediate(next)
    expect(turns).toBeGreaterThanOrEqual(lines.length - 1)
    if (parsed === null || !('system' in parsed)) throw new Error('The snapshot was not parsed.')
    expect({ ...parsed.system, doors: null }).toEqual({ ...system, doors: null })
    const edges = Map.groupBy(parsed.system.doors?.edges ?? [], ([id]) => id)
    expect([...edges].map(([id, parts]) => [id, parts.flatMap(([, ids]) => ids)])).toEqual(
      system.doors?.edges,
    )
    expect({ ...parsed.system.doors, edges: [] }).toEqual({ ...system.doors, edges: [] })
  })

  it('should contain no PIN, and that there is one', async () => {
    const withCode = credential('credential' as AcsCredentialId, new Secret('4711'))
    const credentials = { at: 5, isWhole: true, rows: [withCode], doubts: [] }
    const lines = [...serializeSnapshot({ ...position, system: { ...system, credentials, doors: null } })]
    expect(lines.join()).not.toContain('4711')
    expect(await parseSnapshot(lines, failOnInvalidPart)).toMatchObject({
      system: { credentials: { rows: [{ code: null, isCodeAtSeam: true }] } },
    })
  })

  it('should be skipped if they are of another format', async () => {
    const [header = '', ...others] = serializeSnapshot({ ...position, system })
    const older = header.replace('"format":2', '"format":1')
    expect(await parseSnapshot([older, ...others], failOnInvalidPart)).toBeNull()
    expect(await parseSnapshot([], failOnInvalidPart)).toBeNull()
  })
})
