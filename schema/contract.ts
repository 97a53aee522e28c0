import {
  findBreakingChanges,
  findSchemaChanges,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'

/** What became different between two states of the graph, in sentences. */
export type ContractChanges = {
  /** Breaks documents that were valid, without having been announced for as long as was said. */
  readonly broken: readonly string[]
  /** Breaks documents, as was announced. */
  readonly due: readonly string[]
  readonly others: readonly string[]
}

/** What may be used is announced to go in its deprecation's reason, with a day: `… Gone after 2027-01-31.` */
const announcement = /\bGone after (\d{4}-\d\d-\d\d)\.$/

/** Scalars of GraphQL itself: a graph in code has them all, one that is read only those it uses. */
const builtIn = /^(Boolean|Float|ID|Int|String) was (added|removed)\.$/

/** Compares the graph that was released with the one there is; `today` is a day such as `2027-02-01`. */
export function compareContracts(
  released: GraphQLSchema,
  current: GraphQLSchema,
  today: string,
): ContractChanges {
  const breaking = findBreakingChanges(released, current).map(({ description }) => description)
  const isDue = (description: string): boolean => {
    const coordinate = /^(?:Field|Enum value|Argument) (\S+) was removed/.exec(description)?.[1]
    const lastDay = coordinate === undefined ? null : lastDayOf(deprecationAt(released, coordinate))
    return lastDay !== null && lastDay < today
  }
  return {
    broken: breaking.filter((description) => !isDue(description)),
    due: breaking.filter(isDue),
    others: findSchemaChanges(released, current)
      .map(({ description }) => description)
      .filter((description) => !breaking.includes(description) && !builtIn.test(description)),
  }
}

/** Deprecations that don't say until when what they are about can be used. */
export function vagueDeprecations(schema: GraphQLSchema): readonly string[] {
  return deprecations(schema)
    .filter(([, reason]) => lastDayOf(reason) === null)
    .map(([coordinate]) => coordinate)
}

function lastDayOf(reason: string | null): string | null {
  return (reason === null ? null : announcement.exec(reason)?.[1]) ?? null
}

function deprecationAt(schema: GraphQLSchema, coordinate: string): string | null {
  return deprecations(schema).find(([each]) => each === coordinate)?.[1] ?? null
}

/** Everything that is deprecated, by its schema coordinate (graphql spec, 3.14), with the reason. */
function deprecations(schema: GraphQLSchema): readonly (readonly [string, string])[] {
  const found: [string, string][] = []
  const note = (coordinate: string, reason: string | null | undefined): void => {
    if (reason != null) found.push([coordinate, reason])
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isEnumType(type))
      for (const value of type.getValues()) note(`${type.name}.${value.name}`, value.deprecationReason)
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields()))
        note(`${type.name}.${field.name}`, field.deprecationReason)
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields())) {
        note(`${type.name}.${field.name}`, field.deprecationReason)
        for (const arg of field.args) note(`${type.name}.${field.name}(${arg.name}:)`, arg.deprecationReason)
      }
  }
  return found
}
