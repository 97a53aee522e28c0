import type { ReactNode } from 'react'
import { Badge, type Tone } from '../../components/badge.tsx'
import type { FormsStepsFragment, StepStatus } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import styles from './steps.module.css'

const tones: Readonly<Record<StepStatus, Tone>> = {
  DONE: 'good',
  FAILED: 'bad',
  PENDING: 'neutral',
  STARTED: 'accent',
  UNDONE: 'warn',
}

/** The steps of a mutation with their status, in the order in which they are carried out. */
export function Steps({ steps }: { readonly steps: readonly FormsStepsFragment[] }): ReactNode {
  if (steps.length === 0) return null
  return (
    <ol className={styles.steps} aria-label={texts.forms.steps}>
      {steps.map(({ name, status, message }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the steps keep their order, and several have the same name.
        <li key={index} className={styles.step}>
          <span>{describeStep(name)}</span>
          <Badge tone={tones[status]}>{texts.forms.stepStatus[status]}</Badge>
          {message === null ? null : <span className={styles.message}>{message}</span>}
        </li>
      ))}
    </ol>
  )
}

function describeStep(name: string): string {
  const known: Readonly<Record<string, string>> = texts.forms.stepNames
  return known[name] ?? name
}
