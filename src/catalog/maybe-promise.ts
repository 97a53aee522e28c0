/** A value, or the promise of it while it is loaded. A cached value is returned without a promise, so that it costs no tick. */
export type MaybePromise<T> = T | Promise<T>

/** Calls `next` with a value: synchronously, or after the promise resolves. */
export function andThen<T, R>(
  value: MaybePromise<T>,
  next: (settled: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Collects values into one array; a promise only if one of them is a promise. */
export function collectAll<const T extends readonly unknown[]>(
  values: T,
): MaybePromise<{ -readonly [K in keyof T]: Exclude<Awaited<T[K]>, Promise<unknown>> }>
export function collectAll(values: readonly unknown[]): MaybePromise<readonly unknown[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : values
}
