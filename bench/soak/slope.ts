/** A sample: the time and the value. */
export type Point = readonly [x: number, y: number]

/** Slope of a line through points, and half the width of its 95 % confidence interval. */
export type Slope = { readonly slope: number; readonly margin: number }

/** Fits a line by least squares. The interval assumes independent samples. Throws `RangeError` for fewer than three points. */
export function fitSlope(points: readonly Point[]): Slope {
  if (points.length < 3) throw new RangeError('A slope with an interval needs three points.')
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  const sum = (term: (x: number, y: number) => number): number =>
    points.reduce((total, [x, y]) => total + term(x - meanX, y - meanY), 0)
  const spreadX = sum((x) => x * x)
  const slope = sum((x, y) => x * y) / spreadX
  const freedom = points.length - 2
  const variance = sum((x, y) => (y - slope * x) ** 2) / freedom
  return { slope, margin: studentQuantile(freedom) * Math.sqrt(variance / spreadX) }
}

/** Approximates the 97.5 % quantile of Student's t distribution by its expansion around that of the normal distribution. */
function studentQuantile(freedom: number): number {
  const z = 1.959964
  const terms = [
    z,
    (z ** 3 + z) / (4 * freedom),
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2),
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3),
  ]
  return terms.reduce((total, term) => total + term, 0)
}
