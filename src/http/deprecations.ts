import { type DocumentNode, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphContext } from '../../schema/context.ts'
import type { Metrics } from '../metrics.ts'

/** Counts who uses what is deprecated: whoever takes it away later knows whom to tell. */
export function countDeprecated(metrics: Pick<Metrics, 'deprecatedUsed'>): Plugin<GraphContext> {
  const known = new WeakMap<DocumentNode, readonly string[]>()
  return {
    onExecute({ args: { schema, document, contextValue } }) {
      const used = known.get(document) ?? deprecatedIn(schema, document)
      known.set(document, used)
      const { viewer } = contextValue as GraphContext
      for (const coordinate of used) metrics.deprecatedUsed(coordinate, viewer.name)
    },
  }
}

/** The coordinates of deprecated fields, arguments and enum values that stand in a document, each once. */
export function deprecatedIn(schema: GraphQLSchema, document: DocumentNode): readonly string[] {
  const info = new TypeInfo(schema)
  const found = new Set<string>()
  const note = (isDeprecated: boolean, coordinate: string): void => {
    if (isDeprecated) found.add(coordinate)
  }
  const field = (): string => `${info.getParentType()?.name}.${info.getFieldDef()?.name}`
  visit(
    document,
    visitWithTypeInfo(info, {
      Field: () => note(info.getFieldDef()?.deprecationReason != null, field()),
      Argument: ({ name }) =>
        note(info.getArgument()?.deprecationReason != null, `${field()}(${name.value}:)`),
      EnumValue: ({ value }) =>
        note(info.getEnumValue()?.deprecationReason != null, `${info.getInputType()}.${value}`),
    }),
  )
  return [...found]
}
