import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSchema } from '../../schema/schema.ts'
import { encodeNodeId, type NodeType, nodeTypes } from '../../src/model/ids.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import {
  type ArgumentPath,
  argumentPaths,
  createArguments,
  createDocument,
  formatArgumentPath,
  isNodeType,
} from './graph-walk.ts'
import { type AccessFixture, startAccessFixture, type TestViewer } from './viewers.ts'

const schema = buildSchema()
const roots = [schema.getQueryType(), schema.getMutationType()]
const isId = ({ rule }: ArgumentPath) => typeof rule === 'object' && 'id' in rule
const paths = argumentPaths(schema).filter(
  (path) => isId(path) && path.parent !== schema.getSubscriptionType(),
)

/**
 * The answer to an id outside of the access scope does not depend on whether the object exists, is cached, or Seam fails; neither does the
 * reported cost. The viewers have limited access scopes and `admin`, so that their answers contain the cost.
 */
describe('the existence of an object outside of the access scope', () => {
  let fixture: AccessFixture
  let viewers: TestViewer[]
  /** Ids of objects that the gateway has cached, and of objects that no request has read. */
  let known: ReadonlyMap<NodeType, readonly string[]>
  let fresh: ReadonlyMap<NodeType, string>
  beforeAll(async () => {
    fixture = await startAccessFixture('whole', { areAdmins: true, timing: { seamRetryMs: 1 } })
    const limited = ['an API key for one system', 'an API key of a resident, limited to their system']
    viewers = fixture.viewers.filter(({ kind }) => limited.includes(kind))
    fresh = await createForeignObjects(fixture)
    known = await readEverything(fixture)
  }, 60_000)
  afterAll(() => fixture[Symbol.asyncDispose]())

  function documentWith(viewer: TestViewer, path: ArgumentPath, id: string): object | null {
    const choose = ({ id: type }: { readonly id: NodeType | 'any' }) =>
      [...viewer.visibleIds[type === 'any' ? 'AcsUser' : type]][0] ?? randomUUID()
    const args = createArguments(path, id, choose)
    const { parent } = path
    if (roots.includes(parent)) return createDocument(schema, path, args)
    const [own] = isNodeType(parent.name) ? viewer.visibleIds[parent.name] : []
    return own === undefined
      ? null
      : createDocument(schema, path, args, encodeNodeId(parent.name as NodeType, own))
  }

  /** Returns the whole answer with its cost, without the values that differ between any two requests. */
  async function answerTo(viewer: TestViewer, path: ArgumentPath, id: string): Promise<string | null> {
    const document = documentWith(viewer, path, id)
    if (document === null) return null
    const { body } = await fixture.world.post(document, { authorization: `Bearer ${viewer.credential}` })
    return JSON.stringify(body)
      .replaceAll(id, 'ID')
      .replaceAll(
        /"(cursor|syncedAt|requestId|seamRequestId)":"[^"]*"|"(lagMs|remaining|resetsInMs)":\d+/g,
        '',
      )
  }

  async function compare(path: ArgumentPath): Promise<number> {
    let compared = 0
    const { rule } = path
    const asked = typeof rule === 'object' && 'id' in rule ? rule.id : 'any'
    for (const viewer of viewers)
      for (const type of asked === 'any' ? nodeTypes : [asked]) {
        const foreign = [...(known.get(type) ?? []), fresh.get(type)].filter(
          (id) => id !== undefined && !viewer.visibleIds[type].has(id),
        )
        const write = (id: string) => encodeNodeId(type, id)
        // Loads the objects in the access scope, so that later requests have equal costs.
        await answerTo(viewer, path, write(randomUUID()))
        const nothing = await answerTo(viewer, path, write(randomUUID()))
        for (const id of foreign) {
          const where = `${viewer.kind}, ${type}`
          expect(await answerTo(viewer, path, write(String(id))), where).toBe(nothing)
          expect(await answerTo(viewer, path, write(randomUUID())), where).toBe(nothing)
          compared++
        }
      }
    return compared
  }

  const named = paths.map((path) => [formatArgumentPath(path), path] as const)

  it.each(named)(
    'should not be revealed by %s',
    async (_name, path) => {
      expect(await compare(path)).toBeGreaterThan(1)
    },
    60_000,
  )

  it.each(named)(
    'should not be revealed by %s while Seam fails',
    async (_name, path) => {
      fixture.world.sandbox.addFault({ kind: 'status', status: 503, times: 1e9 })
      try {
        expect(await compare(path)).toBeGreaterThan(1)
      } finally {
        fixture.world.sandbox.clearFaults()
      }
    },
    60_000,
  )
})

/** Creates an ACS user with a PIN in the ACS system of the other connected account. No request has read them. */
async function createForeignObjects({
  world,
  truth,
  viewers,
}: AccessFixture): Promise<ReadonlyMap<NodeType, string>> {
  const third = [...truth.rows.AcsSystem.keys()][2] ?? ''
  const [entrance] = [...truth.rows.AcsEntrance.values()].filter((row) => row.acs_system_id === third)
  const { user_identity: identity } = await callSandbox<{ user_identity: { user_identity_id: string } }>(
    world,
    'user_identities/create',
    { full_name: 'Fresh Elsewhere' },
  )
  const { acs_user: user } = await callSandbox<{ acs_user: { acs_user_id: string } }>(
    world,
    'acs/users/create',
    {
      acs_system_id: third,
      full_name: 'Fresh Elsewhere',
      user_identity_id: identity.user_identity_id,
    },
  )
  const { acs_credential: credential } = await callSandbox<{ acs_credential: { acs_credential_id: string } }>(
    world,
    'acs/credentials/create',
    {
      access_method: 'code',
      acs_user_id: user.acs_user_id,
      allowed_acs_entrance_ids: [entrance?.acs_entrance_id],
    },
  )
  const made = new Map<NodeType, string>([
    ['UserIdentity', identity.user_identity_id],
    ['AcsUser', user.acs_user_id],
    ['AcsCredential', credential.acs_credential_id],
  ])
  // Waits until the changes are in the journal, so that ingest makes no calls during the comparison.
  const query = '{ changes(last: 50) { nodes { subjectId } } }'
  const isInJournal = async () => {
    const answer = await world.ask(query, {}, viewers[0]?.credential)
    return JSON.stringify(answer).includes(encodeNodeId('AcsCredential', credential.acs_credential_id))
  }
  while (!(await isInJournal())) await world.app.ingest.backfill()
  return made
}

async function readEverything({
  world,
  truth,
  viewers,
}: AccessFixture): Promise<ReadonlyMap<NodeType, readonly string[]>> {
  const all = new Map<NodeType, readonly string[]>()
  for (const type of nodeTypes) {
    const ids = [...truth.rows[type].keys()]
    all.set(
      type,
      [...new Set([ids[0], ids.at(-1)])].filter((id) => id !== undefined),
    )
    await world.ask(
      'query($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      { ids: ids.slice(0, 100).map((id) => encodeNodeId(type, id)) },
      viewers[0]?.credential,
    )
  }
  return all
}
