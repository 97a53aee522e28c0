/** Color theme. `system` follows the operating system. */
export type Theme = 'system' | 'light' | 'dark'

const storageKey = 'latchkey.theme'

export function readTheme(): Theme {
  const stored = localStorage.getItem(storageKey)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

/** Applies a theme that was chosen in another tab. */
export function followTheme(): void {
  window.addEventListener('storage', ({ key }) => {
    if (key === storageKey) applyTheme(readTheme())
  })
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem(storageKey)
    delete document.documentElement.dataset.theme
    return
  }
  localStorage.setItem(storageKey, theme)
  document.documentElement.dataset.theme = theme
}
