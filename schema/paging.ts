import type { ArgBuilder, ObjectRef } from '@pothos/core'
import { defaultPageSize, largestPageSize, type Page, type PageRequest } from '../src/model/paging.ts'
import { builder, type Types } from './builder.ts'

/** At hand, or found out only when it's asked for. */
type Lazy<V> = V | (() => Promise<V>)

/** A page of which some things may cost more than the page itself. */
export type GraphPage<T> = Pick<Page<T>, 'rows' | 'cursorOf'> & {
  readonly total: Lazy<number>
  readonly hasNext: Lazy<boolean>
  readonly hasPrevious: Lazy<boolean>
}

type Edge<T> = { readonly node: T; readonly cursor: string }

const PageInfo = builder.objectRef<GraphPage<unknown>>('PageInfo').implement({
  description: 'Where a page stands in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether rows follow this page. Go on with `after: endCursor`.',
      resolve: ({ hasNext }) => (typeof hasNext === 'function' ? hasNext() : hasNext),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether rows stand before this page. Go back with `before: startCursor`.',
      resolve: ({ hasPrevious }) => (typeof hasPrevious === 'function' ? hasPrevious() : hasPrevious),
    }),
    startCursor: t.string({
      nullable: true,
      description: "The first row's cursor; `null` on an empty page.",
      resolve: (page) => cursorAt(page, 0),
    }),
    endCursor: t.string({
      nullable: true,
      description: "The last row's cursor; `null` on an empty page.",
      resolve: (page) => cursorAt(page, -1),
    }),
  }),
})

function cursorAt(page: GraphPage<unknown>, index: number): string | null {
  return page.rows.length === 0 ? null : page.cursorOf(page.rows.at(index))
}

/** Makes `NAMEConnection` and `NAMEEdge` for a type; `things` is what its rows are called in descriptions. */
export function connectionOf<T>(name: string, node: ObjectRef<Types, T>, things: string) {
  const EdgeType = builder.objectRef<Edge<T>>(`${name}Edge`).implement({
    description: `One of the ${things}, with its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Its place, for `after` and `before`.' }),
      node: t.field({ type: node, description: 'The thing itself.', resolve: (edge) => edge.node as never }),
    }),
  })
  return builder.objectRef<GraphPage<T>>(`${name}Connection`).implement({
    description: `A page of ${things}.`,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeType],
        description: 'The rows, each with its cursor.',
        resolve: (page) => page.rows.map((row) => ({ node: row, cursor: page.cursorOf(row) })),
      }),
      nodes: t.field({
        type: [node],
        description: 'The rows alone.',
        resolve: (page) => page.rows as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Where this page stands.',
        resolve: (page) => page as GraphPage<unknown>,
      }),
      totalCount: t.int({
        description: `How many ${things} the whole list has, over all pages.`,
        resolve: ({ total }) => (typeof total === 'function' ? total() : total),
      }),
    }),
  })
}

/** The four arguments that every connection takes. */
export function pageArguments(arg: ArgBuilder<Types>) {
  return {
    first: arg.int({
      description: `How many rows from the start (or from \`after\`): 1 to ${largestPageSize}; ${defaultPageSize} without \`first\` and \`last\`.`,
    }),
    after: arg.string({ description: 'Only rows behind this cursor.' }),
    last: arg.int({
      description: `How many rows from the end (or before \`before\`): 1 to ${largestPageSize}. Not together with \`first\`.`,
    }),
    before: arg.string({ description: 'Only rows in front of this cursor.' }),
  }
}

/** What a connection may cost: what is below it, once for each row of the page. */
export function pageComplexity(args: PageRequest): { field: number; multiplier: number } {
  const size = args.first ?? args.last ?? defaultPageSize
  return { field: 1, multiplier: Math.max(1, Math.min(largestPageSize, size)) }
}
