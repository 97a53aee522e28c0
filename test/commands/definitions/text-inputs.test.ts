import { readFileSync } from 'node:fs'
import {
  buildSchema,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredInputField,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutateSuccessfully, readSandboxObjects, type UserError } from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'))

/** Parts that make a text invalid: control characters, line breaks and lone surrogates. */
const invalidParts = [
  '\0',
  '\u001B[2J',
  '\n',
  '\t',
  '\u0085',
  '\u007F',
  '\u2028',
  '\uD800',
  '\uDC00x',
  '\uFFFD',
]
const invisibleTexts = [
  '',
  ' ',
  '\u00A0',
  '\u200B',
  '\u200D\u2060',
  '\u00AD',
  '\uFE0F',
  '\uFEFF',
  '\u115F',
  '\u3164',
  '\uFFA0',
  '\u2800',
  '\u202E',
  '\u{E0041}',
  '\u{1D159}',
  '\u0301',
]
const validValues: Readonly<Record<string, unknown>> = {
  ID: '00000000-0000-4000-8000-000000000000',
  String: 'Text',
  URL: 'https://example.com/',
  DateTime: '2099-01-01T00:00:00Z',
  Boolean: false,
  Int: 1,
}

/** Returns a value of a type with only its required fields. */
function createMinimalValue(type: GraphQLInputType): unknown {
  const bare = getNullableType(type)
  if (isListType(bare)) return [createMinimalValue(bare.ofType)]
  if (isEnumType(bare)) return bare.getValues()[0]?.name
  if (!isInputObjectType(bare)) return validValues[bare.name]
  const requiredFields = Object.values(bare.getFields()).filter(isRequiredInputField)
  return Object.fromEntries(requiredFields.map(({ name, type }) => [name, createMinimalValue(type)]))
}

type TextField = { readonly path: readonly string[]; readonly type: string }

/** Returns the path of every text field in a type; a list has its first item. */
function listTextFields(type: GraphQLInputType, path: readonly string[] = []): TextField[] {
  const bare = getNullableType(type)
  if (isListType(bare)) return listTextFields(bare.ofType, [...path, '0'])
  if (isInputObjectType(bare))
    return Object.values(bare.getFields()).flatMap((field) =>
      listTextFields(field.type, [...path, field.name]),
    )
  return ['String', 'ID', 'URL'].includes(bare.toString()) ? [{ path, type: bare.toString() }] : []
}

/** Returns a value with a text at a path; creates missing objects on the path. */
function withText(
  type: GraphQLInputType,
  value: unknown,
  [step, ...rest]: readonly string[],
  text: string,
): unknown {
  const bare = getNullableType(type)
  if (step === undefined) return text
  const inner = isListType(bare)
    ? bare.ofType
    : ((isInputObjectType(bare) ? bare.getFields()[step] : undefined) as GraphQLInputField).type
  if (isListType(bare))
    return [withText(inner, (value as unknown[] | undefined)?.[0] ?? createMinimalValue(inner), rest, text)]
  const object = (value ?? createMinimalValue(type)) as Record<string, unknown>
  return { ...object, [step]: withText(inner, object[step], rest, text) }
}

const cases = Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap((mutation) => {
  const [input] = mutation.args
  const payload = getNamedType(mutation.type)
  if (input === undefined || !isObjectType(payload)) return []
  const many =
    payload.getFields().results === undefined ? '' : 'results { userErrors { field code message } }'
  const query = `mutation($input: ${input.type}) { ${mutation.name}(input: $input) { userErrors { field code message } ${many} } }`
  return listTextFields(input.type).map((textField) => ({
    ...textField,
    name: mutation.name,
    type: textField.type,
    input: input.type,
    query,
  }))
})
type Case = (typeof cases)[number]

describe('texts in mutations', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ sandbox: { systems: 1, doors: 4, residents: 2 } })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** Returns the user errors for a text at a path, with fields from the root of the input, or the GraphQL error in the same form. */
  async function listErrors({ query, input, path }: Case, text: string): Promise<UserError[]> {
    const { body } = await world.post({
      query,
      variables: { input: withText(input, createMinimalValue(input), path, text) },
    })
    const [error] = body.errors ?? []
    if (error !== undefined) {
      const code = String(error.extensions?.code)
      return [
        {
          field: [error.message.includes(path.join('.')) ? path.join('.') : ''],
          code,
          message: error.message,
        },
      ]
    }
    type Answer = { userErrors: UserError[]; results?: ({ userErrors: UserError[] } | null)[] }
    const [answer] = Object.values(body.data as Record<string, Answer>)
    const itemErrors = (answer?.results ?? []).flatMap((result, index) =>
      (result?.userErrors ?? []).map((each) => ({
        ...each,
        field: ['people', String(index), ...(each.field ?? [])],
      })),
    )
    return [...(answer?.userErrors ?? []), ...itemErrors]
  }

  it('should be tested in every mutation', () => {
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {})
    expect([...new Set(cases.map(({ name }) => name))]).toEqual(mutations)
    expect(cases.filter(({ type }) => type === 'String').length).toBeGreaterThan(25)
  })

  it.each(cases)('should be refused at their field before any call to Seam: $name $path', async (each) => {
    world.sandbox.resetCalls()
    for (const part of invalidParts) {
      const errors = await listErrors(each, `${String(validValues[each.type])}${part}x`)
      const context = JSON.stringify({ part, errors })
      const fieldErrors = errors.filter(({ field }) => field?.join('.') === each.path.join('.'))
      expect(fieldErrors.length, context).toBe(1)
      const expected = each.type === 'ID' ? /^(INVALID|NOT_FOUND|BAD_USER_INPUT)$/ : /^INVALID$/
      expect(fieldErrors[0]?.code, context).toMatch(expected)
    }
    expect(world.sandbox.calls().total).toBe(0)
  })

  it.each(cases.filter(({ path }) => path.at(-1) === 'fullName'))(
    'should refuse a name without a visible character: $name',
    async (each) => {
      world.sandbox.resetCalls()
      for (const text of [...invisibleTexts, invisibleTexts.join('')]) {
        const errors = await listErrors(each, text)
        expect(errors, JSON.stringify(text)).toMatchObject([{ field: each.path, code: 'REQUIRED' }])
      }
      expect(world.sandbox.calls().total).toBe(0)
    },
  )

  it.each([
    ...['nowhere', 'a@b', 'jürgen@example.com', 'a b@example.com', '"a"@example.com', 'a..b@example.com'].map(
      (text) => ['emailAddress', text],
    ),
    ...['(212) 555-0100', '0012125550100', '+1', '+1 212 555 0100 ext. 5', 'call +12125550100', '+', ''].map(
      (text) => ['phoneNumber', text],
    ),
  ])('should be refused in a format that Seam does not accept: %s %j', async (name, text) => {
    world.sandbox.resetCalls()
    for (const each of cases.filter(({ path }) => path.at(-1) === name))
      expect(await listErrors(each, text), each.name).toMatchObject([{ field: each.path, code: 'INVALID' }])
    expect(world.sandbox.calls().total).toBe(0)
  })

  it('should be sent to Seam without surrounding white space, and phone numbers in E.164 form', async () => {
    const acsSystemId = world.sandbox.ids().acsSystemIds[0] ?? ''
    const { acs_entrances } = await callSandbox<{ acs_entrances: { acs_entrance_id: string }[] }>(
      world,
      'acs/entrances/list',
    )
    const createDetails = (index: number) => ({
      fullName: `\u00A0 Jane ${index} \n`,
      emailAddress: ` jane${index}@example.com\t`,
      phoneNumber: `\u202A+44 (0)20 7946 00${index}\u202C`,
    })
    const wanted = (index: number) => ({
      full_name: `Jane ${index}`,
      email_address: `jane${index}@example.com`,
      phone_number: `+4420794600${index}`,
    })
    const { acsUserId } = await mutateSuccessfully(world, 'createAcsUser', {
      acsSystemId,
      ...createDetails(10),
    })
    await mutateSuccessfully(world, 'createUserIdentity', createDetails(11))
    const entranceIds = [acs_entrances[0]?.acs_entrance_id]
    const move = { acsSystemId, startsAt: '2099-01-01T00:00:00Z', mobileKeyAcsEntranceIds: entranceIds }
    await mutateSuccessfully(world, 'moveIn', { ...move, ...createDetails(12) })
    await mutateSuccessfully(world, 'moveInMany', { people: [{ ...move, ...createDetails(13) }] })
    const first = await readSandboxObjects(world)
    expect(first.users).toEqual(
      expect.arrayContaining([10, 12, 13].map((n) => expect.objectContaining(wanted(n)))),
    )
    expect(first.identities).toEqual(
      expect.arrayContaining([11, 12, 13].map((n) => expect.objectContaining(wanted(n)))),
    )
    await mutateSuccessfully(world, 'updateAcsUser', { acsUserId, ...createDetails(14) })
    const { users } = await readSandboxObjects(world)
    expect(users.find((row) => row.acs_user_id === acsUserId)).toMatchObject(wanted(14))
  })
})
