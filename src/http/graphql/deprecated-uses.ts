import { type DocumentNode, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import type { Viewer } from '../../auth/viewer.ts'
import type { Metrics } from '../../observability/metrics.ts'

const usesByDocument = new WeakMap<DocumentNode, readonly string[]>()

/** Counts uses of deprecated fields, arguments and enum values by viewer, so that their clients are known before they are removed. */
export function countDeprecatedUses(
  metrics: Pick<Metrics, 'countDeprecatedUse'>,
  schema: GraphQLSchema,
  document: DocumentNode,
  viewer: Viewer,
): void {
  const uses = usesByDocument.get(document) ?? findDeprecatedUses(schema, document)
  usesByDocument.set(document, uses)
  for (const coordinate of uses) metrics.countDeprecatedUse(coordinate, viewer.name)
}

/** Returns the schema coordinates of the deprecated fields, arguments and enum values that a document uses, without duplicates. */
export function findDeprecatedUses(schema: GraphQLSchema, document: DocumentNode): readonly string[] {
  const info = new TypeInfo(schema)
  const coordinates = new Set<string>()
  const addIfDeprecated = (isDeprecated: boolean, coordinate: string): void => {
    if (isDeprecated) coordinates.add(coordinate)
  }
  const describeField = (): string => `${info.getParentType()?.name}.${info.getFieldDef()?.name}`
  visit(
    document,
    visitWithTypeInfo(info, {
      Field: () => addIfDeprecated(info.getFieldDef()?.deprecationReason != null, describeField()),
      Argument: ({ name }) =>
        addIfDeprecated(info.getArgument()?.deprecationReason != null, `${describeField()}(${name.value}:)`),
      EnumValue: ({ value }) =>
        addIfDeprecated(info.getEnumValue()?.deprecationReason != null, `${info.getInputType()}.${value}`),
    }),
  )
  return [...coordinates]
}
