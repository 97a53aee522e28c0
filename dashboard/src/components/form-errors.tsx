import type { ReactNode } from 'react'
import styles from './form-errors.module.css'

/** Errors of a form that belong to no field. */
export function FormErrors({ messages }: { readonly messages: readonly string[] }): ReactNode {
  if (messages.length === 0) return null
  return (
    <ul role="alert" className={styles.errors}>
      {messages.map((message) => (
        <li key={message}>{message}</li>
      ))}
    </ul>
  )
}
