import type { ReactNode } from 'react'
import type { IssuePartsFragment } from '../graph/generated/graphql.ts'
import { SinceTime } from './building-time.tsx'
import styles from './issues.module.css'

/** Errors and warnings that Seam reports, with advice. */
export function Issues({
  errors,
  warnings = [],
}: {
  readonly errors: readonly IssuePartsFragment[]
  readonly warnings?: readonly IssuePartsFragment[]
}): ReactNode {
  const all = [
    ...errors.map((issue) => ({ issue, className: styles.error })),
    ...warnings.map((issue) => ({ issue, className: styles.warning })),
  ]
  if (all.length === 0) return null
  return (
    <ul className={styles.issues}>
      {all.map(({ issue, className }) => (
        <li key={`${issue.code} ${issue.message}`} className={`${styles.issue} ${className}`}>
          <strong>{issue.message}</strong>
          {issue.advice === null ? null : <span>{issue.advice}</span>}
          {issue.since === null ? null : (
            <span className="small">
              <SinceTime value={issue.since} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
