import type { ReactNode } from 'react'

export type Fact = readonly [name: string, value: ReactNode]

/** Names and values. The screen decides how they are arranged. */
export function Facts({
  facts,
  className,
}: {
  readonly facts: readonly Fact[]
  readonly className: string | undefined
}): ReactNode {
  return (
    <dl className={className}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
