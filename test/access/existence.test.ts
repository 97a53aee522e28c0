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
 * Whether something out of reach exists is not told by whether the gateway knows it, by whether Seam fails, nor by what the answer has
 * cost: to those who see a part, and would be told the cost.
 */
describe('whether something exists that is out of reach', () => {
  let stage: AccessFixture
  let askers: TestViewer[]
  /** Foreign ones that the gateway knows, and ones that nobody has asked about. */
  let known: ReadonlyMap<NodeType, readonly string[]>
  let fresh: ReadonlyMap<NodeType, string>
  beforeAll(async () => {
    stage = await startAccessFixture('whole', { areAdmins: true, timing: { seamRetryMs: 1 } })
    const narrow = ['a key for one system', 'a key of a resident, narrowed to their system']
    askers = stage.askers.filter(({ kind }) => narrow.includes(kind))
    fresh = await makeElsewhere(stage)
    known = await readEverything(stage)
  }, 60_000)
  afterAll(() => stage[Symbol.asyncDispose]())

  function documentWith(asker: TestViewer, path: ArgumentPath, id: string): object | null {
    const choose = ({ id: type }: { readonly id: NodeType | 'any' }) =>
      [...asker.sight[type === 'any' ? 'AcsUser' : type]][0] ?? randomUUID()
    const args = createArguments(path, id, choose)
    const { parent } = path
    if (roots.includes(parent)) return createDocument(schema, path, args)
    const [own] = isNodeType(parent.name) ? asker.sight[parent.name] : []
    return own === undefined
      ? null
      : createDocument(schema, path, args, encodeNodeId(parent.name as NodeType, own))
  }

  /** The whole answer, costs included, without what is another one each time. */
  async function answerTo(asker: TestViewer, path: ArgumentPath, id: string): Promise<string | null> {
    const document = documentWith(asker, path, id)
    if (document === null) return null
    const { body } = await stage.world.post(document, { authorization: `Bearer ${asker.credential}` })
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
    for (const asker of askers)
      for (const type of asked === 'any' ? nodeTypes : [asked]) {
        const foreign = [...(known.get(type) ?? []), fresh.get(type)].filter(
          (id) => id !== undefined && !asker.sight[type].has(id),
        )
        const write = (id: string) => encodeNodeId(type, id)
        // What is within reach may have to be read first.
        await answerTo(asker, path, write(randomUUID()))
        const nothing = await answerTo(asker, path, write(randomUUID()))
        for (const id of foreign) {
          const where = `${asker.kind}, ${type}`
          expect(await answerTo(asker, path, write(String(id))), where).toBe(nothing)
          expect(await answerTo(asker, path, write(randomUUID())), where).toBe(nothing)
          compared++
        }
      }
    return compared
  }

  const named = paths.map((path) => [formatArgumentPath(path), path] as const)

  it.each(named)(
    'should not be told by %s',
    async (_name, path) => {
      expect(await compare(path)).toBeGreaterThan(1)
    },
    60_000,
  )

  it.each(named)(
    'should not be told by %s while Seam fails',
    async (_name, path) => {
      stage.world.sandbox.addFault({ kind: 'status', status: 503, times: 1e9 })
      try {
        expect(await compare(path)).toBeGreaterThan(1)
      } finally {
        stage.world.sandbox.clearFaults()
      }
    },
    60_000,
  )
})

/** Somebody with a PIN in the building of the other account, whom nobody has asked about. */
async function makeElsewhere({
  world,
  truth,
  askers,
}: AccessFixture): Promise<ReadonlyMap<NodeType, string>> {
  const third = [...truth.rows.AcsSystem.keys()][2] ?? ''
  const [door] = [...truth.rows.AcsEntrance.values()].filter((row) => row.acs_system_id === third)
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
      allowed_acs_entrance_ids: [door?.acs_entrance_id],
    },
  )
  const made = new Map<NodeType, string>([
    ['UserIdentity', identity.user_identity_id],
    ['AcsUser', user.acs_user_id],
    ['AcsCredential', credential.acs_credential_id],
  ])
  // What has happened is told before it is asked about.
  const query = '{ changes(last: 50) { nodes { subjectId } } }'
  const isTold = async () => {
    const answer = await world.ask(query, {}, askers[0]?.credential)
    return JSON.stringify(answer).includes(encodeNodeId('AcsCredential', credential.acs_credential_id))
  }
  while (!(await isTold())) await world.app.ingest.backfill()
  return made
}

async function readEverything({
  world,
  truth,
  askers,
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
      askers[0]?.credential,
    )
  }
  return all
}
