/** Caches a value that is computed from an object, for as long as the object exists. The object must not change. */
export function memoizeByObject<T extends object, V extends NonNullable<unknown>>(
  compute: (object: T) => V,
): (object: T) => V {
  const cache = new WeakMap<T, V>()
  return (object) => {
    const cached = cache.get(object)
    if (cached !== undefined) return cached
    const value = compute(object)
    cache.set(object, value)
    return value
  }
}
