import { type ReactNode, useEffect, useRef } from 'react'
import { Link } from 'wouter'
import { texts } from '../texts.ts'
import { Icon } from './icons.tsx'
import styles from './screen.module.css'

/**
 * Frame of a screen: title, actions at its right, content. Sets the title of the browser tab and moves the focus to the heading. A narrow
 * screen, such as a form, stays as wide as its lines can be read.
 */
export function Screen({
  title,
  parent,
  lead,
  actions,
  isNarrow = false,
  children,
}: {
  readonly title: string
  /** The screen above this one, to which a link leads. */
  readonly parent?: { readonly href: string; readonly label: string }
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly isNarrow?: boolean
  readonly children: ReactNode
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · ${texts.appName}`
  }, [title])
  useEffect(() => {
    // After a navigation, screen readers and the keyboard continue at the new screen.
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <div className={`${styles.screen} ${isNarrow ? styles.narrow : ''}`}>
      <header className={styles.header}>
        <div>
          {parent === undefined ? null : (
            <Link href={parent.href} className={`small screen-only ${styles.parent}`}>
              <Icon name="left" />
              {parent.label}
            </Link>
          )}
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </h1>
          {lead === undefined || lead === false ? null : <p className="muted">{lead}</p>}
        </div>
        {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** A surface with an optional heading. */
export function Card({
  title,
  action,
  children,
}: {
  readonly title?: string
  readonly action?: ReactNode
  readonly children: ReactNode
}): ReactNode {
  return (
    <section className={styles.card} aria-label={title}>
      {title === undefined ? null : (
        <div className={styles.cardHeader}>
          <h2>{title}</h2>
          {action}
        </div>
      )}
      {children}
    </section>
  )
}
