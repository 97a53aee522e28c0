import { buildSchema, parse } from 'graphql'
import { expect, it } from 'vitest'
import { findDeprecatedUses } from '../../../src/http/graphql/deprecated-uses.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'

const schema = buildSchema(`
  enum Order { NEW OLD @deprecated(reason: "Gone after 2027-01-31.") }
  type Thing { name: String old: String @deprecated(reason: "Gone after 2027-01-31.") }
  type Query { things(order: Order, all: Boolean @deprecated(reason: "Gone after 2027-01-31.")): [Thing] }
`)

it('should find every deprecated element of a document once', () => {
  const used = (text: string) => findDeprecatedUses(schema, parse(text))
  expect(used('{ things(order: NEW) { name } }')).toEqual([])
  expect(used('{ things(order: OLD) { name } }')).toEqual(['Order.OLD'])
  expect(used('{ things(all: true) { name } }')).toEqual(['Query.things(all:)'])
  expect(used('{ things { ...T again: old } } fragment T on Thing { old }')).toEqual(['Thing.old'])
})

it('should count uses by schema coordinate and viewer', async () => {
  const metrics = createMetrics()
  metrics.countDeprecatedUse('Thing.old', 'desk')
  metrics.countDeprecatedUse('Thing.old', 'desk')
  expect(await metrics.renderText()).toContain(
    'latchkey_deprecated_uses_total{coordinate="Thing.old",key="desk"} 2',
  )
})
