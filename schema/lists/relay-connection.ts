import type { ArgBuilder, InterfaceRef, ObjectRef } from '@pothos/core'
import { defaultPageSize, maxPageSize, type Page, type PageRequest } from '../../src/model/paging.ts'
import { builder, type ExtendedSchemaTypes } from '../builder.ts'

/** A value that is available, or a function that computes it when a field requests it. */
type Lazy<V> = V | (() => Promise<V>)

/**
 * A page of a list. Counts and page bounds may be computed on request, because they can be more expensive than the
 * page.
 */
export type ConnectionPage<T> = Pick<Page<T>, 'rows' | 'cursorOf'> & {
  readonly totalCount: Lazy<number>
  readonly hasNextPage: Lazy<boolean>
  readonly hasPreviousPage: Lazy<boolean>
}

type Edge<T> = { readonly node: T; readonly cursor: string }

type PageBounds = Pick<ConnectionPage<unknown>, 'hasNextPage' | 'hasPreviousPage'> & {
  /** Returns the cursor of a row by its index, or `null` if the page is empty. */
  getCursorAt(index: 0 | -1): string | null
}

const PageInfo = builder.objectRef<PageBounds>('PageInfo').implement({
  description: 'Information about a page of a list.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether there are items after this page. Fetch them with `after: endCursor`.',
      resolve: ({ hasNextPage }) => (typeof hasNextPage === 'function' ? hasNextPage() : hasNextPage),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether there are items before this page. Fetch them with `before: startCursor`.',
      resolve: ({ hasPreviousPage }) =>
        typeof hasPreviousPage === 'function' ? hasPreviousPage() : hasPreviousPage,
    }),
    startCursor: t.string({
      nullable: true,
      description: 'Cursor of the first item, or `null` if the page is empty.',
      resolve: ({ getCursorAt }) => getCursorAt(0),
    }),
    endCursor: t.string({
      nullable: true,
      description: 'Cursor of the last item, or `null` if the page is empty.',
      resolve: ({ getCursorAt }) => getCursorAt(-1),
    }),
  }),
})

function toPageBounds<T>({ rows, cursorOf, hasNextPage, hasPreviousPage }: ConnectionPage<T>): PageBounds {
  const getCursorAt = (index: number) => {
    const row = rows.at(index)
    return row === undefined ? null : cursorOf(row)
  }
  return { hasNextPage, hasPreviousPage, getCursorAt }
}

/**
 * Creates the types `NAMEConnection` and `NAMEEdge` of a node type. `rowsText` is the plural name of the
 * rows in descriptions.
 */
export function createConnectionType<T>(
  name: string,
  node: ObjectRef<ExtendedSchemaTypes, T> | InterfaceRef<ExtendedSchemaTypes, T>,
  rowsText: string,
) {
  const EdgeType = builder.objectRef<Edge<T>>(`${name}Edge`).implement({
    description: `Item of a page of ${rowsText}.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Cursor of the item, for the arguments `after` and `before`.',
      }),
      // Pothos' type of a result depends on its shape, which is not known for a generic row.
      node: t.field({ type: node, description: 'The item.', resolve: (edge) => edge.node as never }),
    }),
  })
  return builder.objectRef<ConnectionPage<T>>(`${name}Connection`).implement({
    description: `Page of ${rowsText}.`,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeType],
        description: 'Items of the page, each with its cursor.',
        resolve: (page) => page.rows.map((row) => ({ node: row, cursor: page.cursorOf(row) })),
      }),
      nodes: t.field({
        type: [node],
        description: 'Items of the page without cursors.',
        resolve: (page) => page.rows,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Information about the page.',
        resolve: toPageBounds,
      }),
      totalCount: t.int({
        description: `Total number of ${rowsText} in the list, on all pages.`,
        resolve: ({ totalCount }) => (typeof totalCount === 'function' ? totalCount() : totalCount),
      }),
    }),
  })
}

/** Ends the description of a connection whose rows are read from Seam. */
export const nullIfSeamFails =
  '`null` if the list cannot be read from Seam; `errors` in the response then contains the reason.'

/** Pagination arguments of every connection. */
export function createPageArguments(arg: ArgBuilder<ExtendedSchemaTypes>) {
  return {
    first: arg.int({
      description: `Number of items to return from the start of the list or after \`after\`: 1 to ${maxPageSize}. Defaults to ${defaultPageSize} if \`last\` is omitted. Fails with \`BAD_USER_INPUT\` for other values, or if \`last\` is also given.`,
    }),
    after: arg.string({ description: 'Returns only items after this cursor.' }),
    last: arg.int({
      description: `Number of items to return from the end of the list or before \`before\`: 1 to ${maxPageSize}. Fails with \`BAD_USER_INPUT\` for other values, or if \`first\` is also given.`,
    }),
    before: arg.string({ description: 'Returns only items before this cursor.' }),
  }
}

/** Computes the complexity of a connection: the fields of a row count once for each row of the page. */
export function computePageComplexity(args: PageRequest): { field: number; multiplier: number } {
  const size = args.first ?? args.last ?? defaultPageSize
  return { field: 1, multiplier: Math.max(1, Math.min(maxPageSize, size)) }
}
