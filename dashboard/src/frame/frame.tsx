import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { Link, useLocation } from 'wouter'
import type { Scope } from '../graph/generated/graphql.ts'
import { useViewer } from '../graph/graph.tsx'
import { endSession } from '../session/session.ts'
import { texts } from '../texts.ts'
import styles from './frame.module.css'
import { loadAllScreens } from './lazy-screen.ts'
import { LiveLine } from './live-line.tsx'
import { applyTheme, readTheme, type Theme } from './theme.ts'

/** After this time, the first screen is complete and the network is free for the code of the others. */
const loadScreensAfterMs = 4_000

type Entry = { readonly href: string; readonly label: string; readonly scope: Scope }

const entries: readonly Entry[] = [
  { href: '/', label: texts.navigation.overview, scope: 'READ' },
  { href: '/residents', label: texts.navigation.residents, scope: 'READ' },
  { href: '/entrances', label: texts.navigation.entrances, scope: 'READ' },
  { href: '/matrix', label: texts.navigation.matrix, scope: 'READ' },
  { href: '/move-outs', label: texts.navigation.moveOuts, scope: 'READ' },
  { href: '/changes', label: texts.navigation.changes, scope: 'EVENTS' },
  { href: '/audit', label: texts.navigation.audit, scope: 'AUDIT' },
  { href: '/connect', label: texts.navigation.connect, scope: 'READ' },
  { href: '/settings', label: texts.navigation.settings, scope: 'EVENTS' },
]

/** Navigation, status line and search around every screen. */
export function Frame({ children }: { readonly children: ReactNode }): ReactNode {
  const viewer = useViewer()
  const [location] = useLocation()
  const shown = entries.filter(({ scope }) => viewer.scopes.includes(scope))
  const navigation = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each navigation.
  useEffect(() => {
    window.scrollTo(0, 0)
    // On a phone, the navigation is a row that scrolls.
    const current = navigation.current?.querySelector<HTMLElement>('[aria-current]')
    navigation.current?.scrollTo({ left: (current?.offsetLeft ?? 0) - 48 })
  }, [location])
  useEffect(() => {
    const timer = setTimeout(loadAllScreens, loadScreensAfterMs)
    return () => clearTimeout(timer)
  }, [])
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
      <nav ref={navigation} aria-label={texts.navigation.label} className={styles.navigation}>
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

/** Devices with a touch screen only have no `/` key at hand. */
const hasKeyboard = !matchMedia('(pointer: coarse)').matches

/** Finds residents from every screen. `/` moves the focus to it. */
function SearchBox(): ReactNode {
  const [, navigate] = useLocation()
  const [text, setText] = useState('')
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null
      if (event.key !== '/' || target?.closest('input, textarea, [contenteditable], [role="dialog"]')) return
      event.preventDefault()
      // A screen with a search of its own gets the focus there.
      const own = document.querySelector<HTMLElement>('[data-search-shortcut] input')
      const field = own ?? document.getElementById('search')
      field?.focus()
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
          placeholder={hasKeyboard ? texts.navigation.searchHint : texts.navigation.searchLabel}
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
      <Button className={`react-aria-Button quiet ${styles.viewer}`}>
        <span className={styles.name}>{viewer.isDemo ? texts.navigation.demo : viewer.name}</span>
        <span aria-hidden="true">▾</span>
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
