import { type ReactNode, useEffect, useState } from 'react'
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { Link, useLocation } from 'wouter'
import type { Scope } from '../graph/generated/graphql.ts'
import { useViewer } from '../graph/graph.tsx'
import { endSession } from '../session/session.ts'
import { texts } from '../texts.ts'
import styles from './frame.module.css'
import { LiveLine } from './live-line.tsx'
import { applyTheme, readTheme, type Theme } from './theme.ts'

type Entry = {
  readonly href: string
  readonly label: string
  readonly scope: Scope
  readonly orScope?: Scope
}

const entries: readonly Entry[] = [
  { href: '/', label: texts.navigation.overview, scope: 'READ' },
  { href: '/residents', label: texts.navigation.residents, scope: 'READ' },
  { href: '/entrances', label: texts.navigation.entrances, scope: 'READ' },
  { href: '/matrix', label: texts.navigation.matrix, scope: 'READ' },
  { href: '/move-outs', label: texts.navigation.moveOuts, scope: 'READ' },
  { href: '/changes', label: texts.navigation.changes, scope: 'EVENTS' },
  { href: '/audit', label: texts.navigation.audit, scope: 'AUDIT' },
  { href: '/connect', label: texts.navigation.connect, scope: 'READ' },
  { href: '/settings', label: texts.navigation.settings, scope: 'EVENTS', orScope: 'ADMIN' },
]

/** Navigation, status line and search around every screen. */
export function Frame({ children }: { readonly children: ReactNode }): ReactNode {
  const viewer = useViewer()
  const [location] = useLocation()
  const shown = entries.filter(
    ({ scope, orScope = scope }) => viewer.scopes.includes(scope) || viewer.scopes.includes(orScope),
  )
  useEffect(() => {
    window.scrollTo(0, 0)
    void location
  }, [location])
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        {texts.navigation.skipToContent}
      </a>
      <header className={styles.top}>
        <Link href="/" className={styles.brand}>
          {texts.appName}
        </Link>
        <SearchBox />
        <LiveLine />
        <ViewerMenu />
      </header>
      <nav aria-label={texts.navigation.label} className={styles.navigation}>
        <ul>
          {shown.map(({ href, label }) => (
            <li key={href}>
              <Link href={href} aria-current={isCurrent(location, href) ? 'page' : undefined}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content" className={styles.content} key={location}>
        {children}
      </main>
    </div>
  )
}

function isCurrent(location: string, href: string): boolean {
  return href === '/' ? location === '/' : location === href || location.startsWith(`${href}/`)
}

/** Finds residents from every screen. `/` moves the focus to it. */
function SearchBox(): ReactNode {
  const [, navigate] = useLocation()
  const [text, setText] = useState('')
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null
      if (event.key !== '/' || target?.closest('input, textarea, [contenteditable], [role="dialog"]')) return
      event.preventDefault()
      document.getElementById('search')?.focus()
    }
    document.addEventListener('keydown', focus)
    return () => document.removeEventListener('keydown', focus)
  }, [])
  return (
    <search className={styles.search}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          navigate(`/residents?q=${encodeURIComponent(text.trim())}`)
        }}
      >
        <input
          id="search"
          type="search"
          className="react-aria-Input"
          aria-label={texts.navigation.searchLabel}
          placeholder={texts.navigation.searchHint}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
    </search>
  )
}

function ViewerMenu(): ReactNode {
  const viewer = useViewer()
  const [theme, setTheme] = useState<Theme>(readTheme)
  return (
    <MenuTrigger>
      <Button className="react-aria-Button quiet">
        {viewer.isDemo ? texts.navigation.demo : viewer.name}
      </Button>
      <Popover placement="bottom end">
        <Menu
          onAction={(key) => {
            if (key === 'sign-out') return endSession('signed-out')
            applyTheme(key as Theme)
            setTheme(key as Theme)
          }}
        >
          {(['system', 'light', 'dark'] as const).map((name) => (
            <MenuItem key={name} id={name}>
              {`${texts.navigation.theme}: ${texts.navigation.themes[name]}${theme === name ? ' ✓' : ''}`}
            </MenuItem>
          ))}
          <MenuItem id="sign-out">{texts.navigation.signOut}</MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
