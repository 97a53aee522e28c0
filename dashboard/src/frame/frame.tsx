import { type ReactNode, useEffect, useRef, useState } from 'react'
import {
  Button,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Separator,
} from 'react-aria-components'
import { useClient } from 'urql'
import { Link, useLocation } from 'wouter'
import { Icon } from '../components/icons.tsx'
import { FindResidentDocument, type Scope } from '../graph/generated/graphql.ts'
import { useViewer } from '../graph/graph.tsx'
import { endSession } from '../session/session.ts'
import { texts } from '../texts.ts'
import styles from './frame.module.css'
import { loadAllScreens } from './lazy-screen.ts'
import { LiveLine } from './live-line.tsx'
import { applyTheme, readTheme, type Theme } from './theme.ts'

/** After this time, the first screen is complete and the network is free for the code of the others. */
const loadScreensAfterMs = 4_000

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
              <Link href={href} aria-current={getCurrent(location, href)}>
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

/** Screens that are reached from the list of residents. */
const residentScreens: ReadonlySet<string> = new Set(['/move-in', '/import'])

/** Value of `aria-current` for the entry of a screen, or of the screen from which it is reached. */
function getCurrent(location: string, href: string): 'page' | 'true' | undefined {
  if (location === href) return 'page'
  const isBelow = href !== '/' && location.startsWith(`${href}/`)
  return isBelow || (href === '/residents' && residentScreens.has(location)) ? 'true' : undefined
}

/** Devices with a touch screen only have no `/` key at hand. */
const hasKeyboard = !matchMedia('(pointer: coarse)').matches

/** Finds residents from every screen but their list, which has a search of its own. `/` moves the focus to the search. */
function SearchBox(): ReactNode {
  const client = useClient()
  const [location, navigate] = useLocation()
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each navigation.
  useEffect(() => setText(''), [location])

  /** Opens the resident if exactly one matches, otherwise the list. */
  async function find(): Promise<void> {
    const search = text.trim()
    const { href } = window.location
    const { data } = await client
      .query(FindResidentDocument, { search }, { requestPolicy: 'network-only' })
      .toPromise()
    // The user has opened another screen meanwhile.
    if (window.location.href !== href) return
    const [resident, another] = data?.acsUsers?.nodes ?? []
    const isOne = search !== '' && resident !== undefined && another === undefined
    // The next screen moves the focus to its heading.
    document.getElementById('search')?.blur()
    navigate(isOne ? `/residents/${resident.id}` : `/residents?q=${encodeURIComponent(search)}`)
  }

  if (location === '/residents') return <div className={styles.search} />
  return (
    <search className={styles.search}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void find()
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
  function choose(next: Theme): void {
    applyTheme(next)
    setTheme(next)
  }
  return (
    <MenuTrigger>
      <Button className={`react-aria-Button quiet ${styles.viewer}`}>
        <Icon name="person" />
        <span className={styles.name}>{viewer.isDemo ? texts.navigation.demo : viewer.name}</span>
        <Icon name="down" />
      </Button>
      <Popover placement="bottom end">
        <Menu>
          <MenuSection
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[theme]}
            onSelectionChange={(keys) => choose([...keys][0] as Theme)}
          >
            <Header>{texts.navigation.theme}</Header>
            {(['system', 'light', 'dark'] as const).map((name) => (
              <MenuItem key={name} id={name}>
                {texts.navigation.themes[name]}
              </MenuItem>
            ))}
          </MenuSection>
          <Separator />
          <MenuItem onAction={() => endSession('signed-out')}>{texts.navigation.signOut}</MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
