import { getOperationAST, parse } from 'graphql'
import { buildSchema } from '../../schema/schema.ts'
import { demoViewer } from '../../src/auth/authenticator.ts'
import type { Viewer } from '../../src/auth/viewer.ts'
import { measureOperation, type OperationSize } from '../../src/http/graphql/operation-size.ts'

const schema = buildSchema()

/** Measures the only operation of a document in the whole graph. */
export function measureSize(
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  viewer: Viewer = demoViewer,
): OperationSize {
  const document = parse(query)
  const operation = getOperationAST(document)
  if (operation == null) throw new Error('Give a document with one operation.')
  const size = measureOperation(
    schema,
    { document, operation, params: { query, operationName: null, variables } },
    viewer,
  )
  if (size === null) throw new Error('The variables do not fit.')
  return size
}
