import {
  findBreakingChanges,
  findSchemaChanges,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'

/** Differences between two versions of the graph, as sentences. */
export type ContractChanges = {
  /** Breaking changes that were not announced, or whose announced date has not passed. */
  readonly broken: readonly string[]
  /** Breaking changes that were announced and whose date has passed. */
  readonly announced: readonly string[]
  readonly others: readonly string[]
}

/** A deprecation reason ends with the last date on which the element can be used: `… Gone after 2027-01-31.` */
const removalDatePattern = /\bGone after (\d{4}-\d\d-\d\d)\.$/

/**
 * Built-in scalars of GraphQL. A schema from code contains all of them; a schema from a file contains only those it
 * uses.
 */
const builtInScalarChange = /^(Boolean|Float|ID|Int|String) was (added|removed)\.$/

/** Compares the released graph with the current one. `today` is a date such as `2027-02-01`. */
export function compareGraphs(
  released: GraphQLSchema,
  current: GraphQLSchema,
  today: string,
): ContractChanges {
  const breaking = findBreakingChanges(released, current).map(({ description }) => description)
  const isAnnounced = (description: string): boolean => {
    const coordinate = /^(?:Field|Enum value|Argument) (\S+) was removed/.exec(description)?.[1]
    const lastDay = coordinate === undefined ? null : readLastDay(findDeprecation(released, coordinate))
    return lastDay !== null && lastDay < today
  }
  return {
    broken: breaking.filter((description) => !isAnnounced(description)),
    announced: breaking.filter(isAnnounced),
    others: findSchemaChanges(released, current)
      .map(({ description }) => description)
      .filter((description) => !breaking.includes(description) && !builtInScalarChange.test(description)),
  }
}

/** Returns the schema coordinates of deprecated elements whose reason has no date. */
export function findUndatedDeprecations(schema: GraphQLSchema): readonly string[] {
  return listDeprecations(schema)
    .filter(([, reason]) => readLastDay(reason) === null)
    .map(([coordinate]) => coordinate)
}

function readLastDay(reason: string | null): string | null {
  return (reason === null ? null : removalDatePattern.exec(reason)?.[1]) ?? null
}

function findDeprecation(schema: GraphQLSchema, coordinate: string): string | null {
  return listDeprecations(schema).find(([each]) => each === coordinate)?.[1] ?? null
}

/** Returns every deprecated element: its schema coordinate (GraphQL specification, section 3.14) and the reason. */
function listDeprecations(schema: GraphQLSchema): readonly (readonly [string, string])[] {
  const found: [string, string][] = []
  const addIfDeprecated = (coordinate: string, reason: string | null | undefined): void => {
    if (reason != null) found.push([coordinate, reason])
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isEnumType(type))
      for (const value of type.getValues())
        addIfDeprecated(`${type.name}.${value.name}`, value.deprecationReason)
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields()))
        addIfDeprecated(`${type.name}.${field.name}`, field.deprecationReason)
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields())) {
        addIfDeprecated(`${type.name}.${field.name}`, field.deprecationReason)
        for (const arg of field.args)
          addIfDeprecated(`${type.name}.${field.name}(${arg.name}:)`, arg.deprecationReason)
      }
  }
  return found
}
