import { type DocumentNode, type ExecutionArgs, type ExecutionResult, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphContext } from '../../schema/context.ts'
import type { Metrics } from '../metrics.ts'

/** How long an answer may be given again. */
const reuseMs = 250

/**
 * Gives the same viewer who asks the same again the answer of a moment ago, or the one that is being made, as long as the feed stands
 * where it stood: everything that was told since would move it. Executing a large query costs fifty times what sending its answer
 * does, and a dashboard has many tabs. Only what depends on the clock can differ, by a quarter of a second.
 *
 * Answers with errors are nobody else's, and viewers with `admin` are told what their own operation has cost.
 */
export function reuseAnswers(metrics: Pick<Metrics, 'answerReused'>): Plugin<GraphContext> {
  const answers = new Map<string, Promise<ExecutionResult>>()
  const numbers = new WeakMap<DocumentNode, number>()
  let documents = 0

  function keyOf({ document, operationName, variableValues, contextValue }: ExecutionArgs): string {
    const { cursor, viewer } = contextValue as GraphContext
    const number = numbers.get(document) ?? ++documents
    numbers.set(document, number)
    // The cursor says where the feed stands, and what the viewer may see; who they are, a query can ask as well.
    return JSON.stringify([
      number,
      operationName,
      variableValues,
      cursor,
      viewer.keyId,
      viewer.name,
      viewer.expiresAt,
    ])
  }

  /** Keeps an answer from the moment it's begun: it's no older than that. */
  function keep(key: string, answer: Promise<ExecutionResult>): void {
    answers.set(key, answer)
    setTimeout(() => answers.delete(key), reuseMs).unref()
  }

  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const { viewer } = args.contextValue as GraphContext
      const kind = getOperationAST(args.document, args.operationName)?.operation
      // Not everything that is written moves the feed: identities have no change of their own.
      if (kind === 'mutation') return { onExecuteDone: () => answers.clear() }
      if (kind !== 'query' || viewer.scopes.has('admin')) return undefined
      const key = keyOf(args)
      const known = answers.get(key)
      if (known === undefined) {
        setExecuteFn((given) => {
          const answer = Promise.resolve(executeFn(given) as ExecutionResult | Promise<ExecutionResult>)
          keep(key, answer)
          return answer
        })
        return undefined
      }
      setExecuteFn(async (given) => {
        const result = await known.catch(() => null)
        if (result === null || result.errors !== undefined) return executeFn(given)
        metrics.answerReused()
        return result
      })
      return undefined
    },
  }
}
