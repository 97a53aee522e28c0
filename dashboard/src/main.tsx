import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { applyTheme, followTheme, readTheme } from './frame/theme.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'

applyTheme(readTheme())
followTheme()
const root = document.getElementById('root')
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
