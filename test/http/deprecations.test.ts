import { buildSchema, parse } from 'graphql'
import { expect, it } from 'vitest'
import { deprecatedIn } from '../../src/http/deprecations.ts'
import { createMetrics } from '../../src/metrics.ts'

const schema = buildSchema(`
  enum Order { NEW OLD @deprecated(reason: "Gone after 2027-01-31.") }
  type Thing { name: String old: String @deprecated(reason: "Gone after 2027-01-31.") }
  type Query { things(order: Order, all: Boolean @deprecated(reason: "Gone after 2027-01-31.")): [Thing] }
`)

it('should find what is deprecated wherever it stands in a document, once', () => {
  const used = (text: string) => deprecatedIn(schema, parse(text))
  expect(used('{ things(order: NEW) { name } }')).toEqual([])
  expect(used('{ things(order: OLD) { name } }')).toEqual(['Order.OLD'])
  expect(used('{ things(all: true) { name } }')).toEqual(['Query.things(all:)'])
  expect(used('{ things { ...T again: old } } fragment T on Thing { old }')).toEqual(['Thing.old'])
})

it('should be counted by what is used and by whom', async () => {
  const metrics = createMetrics()
  metrics.deprecatedUsed('Thing.old', 'desk')
  metrics.deprecatedUsed('Thing.old', 'desk')
  expect(await metrics.text()).toContain(
    'latchkey_deprecated_uses_total{coordinate="Thing.old",key="desk"} 2',
  )
})
