import type { Answer } from './view.ts'

/** Goes on with an answer: at once when it's at hand, after it came when it's being fetched. */
export function andThen<T, R>(answer: Answer<T>, next: (value: T) => Answer<R>): Answer<R> {
  return answer instanceof Promise ? answer.then(next) : next(answer)
}

/** Gathers answers into one; a promise only where one of them is. */
export function all<const T extends readonly unknown[]>(
  answers: T,
): Answer<{ -readonly [K in keyof T]: Exclude<Awaited<T[K]>, Promise<unknown>> }> {
  return answers.some((answer) => answer instanceof Promise)
    ? (Promise.all(answers) as never)
    : (answers as never)
}
