import { type ReactNode, Suspense, useCallback, useState } from 'react'
import { Redirect, Route, Router, Switch } from 'wouter'
import { Skeleton } from './components/states.tsx'
import { Frame } from './frame/frame.tsx'
import { lazyScreen as lazy } from './frame/lazy-screen.ts'
import { NotFound } from './frame/not-found.tsx'
import { ScreenBoundary } from './frame/screen-boundary.tsx'
import { GraphProvider } from './graph/graph.tsx'
import { isLoginResponse } from './session/login.ts'
import { LoginReturn } from './session/login-return.tsx'
import { useSession } from './session/session.ts'
import { SignIn } from './session/sign-in.tsx'
import { basePath } from './settings.ts'

const Overview = lazy(async () => ({ default: (await import('./screens/overview/overview.tsx')).Overview }))
const Residents = lazy(async () => ({
  default: (await import('./screens/residents/residents.tsx')).Residents,
}))
const Resident = lazy(async () => ({ default: (await import('./screens/residents/resident.tsx')).Resident }))
const Entrances = lazy(async () => ({
  default: (await import('./screens/entrances/entrances.tsx')).Entrances,
}))
const Entrance = lazy(async () => ({ default: (await import('./screens/entrances/entrance.tsx')).Entrance }))
const Matrix = lazy(async () => ({ default: (await import('./screens/matrix/matrix.tsx')).Matrix }))
const MoveIn = lazy(async () => ({ default: (await import('./screens/move-in/move-in.tsx')).MoveIn }))
const MoveOuts = lazy(async () => ({ default: (await import('./screens/move-outs/move-outs.tsx')).MoveOuts }))
const ImportResidents = lazy(async () => ({
  default: (await import('./screens/import/import-residents.tsx')).ImportResidents,
}))
const Changes = lazy(async () => ({ default: (await import('./screens/changes/changes.tsx')).Changes }))
const Audit = lazy(async () => ({ default: (await import('./screens/audit/audit.tsx')).Audit }))
const Connect = lazy(async () => ({ default: (await import('./screens/connect/connect.tsx')).Connect }))
const Settings = lazy(async () => ({ default: (await import('./screens/settings/settings.tsx')).Settings }))

/** The page: sign-in, then the frame with the screen of the current address. */
export function App(): ReactNode {
  const { credential, end } = useSession()
  const [login, setLogin] = useState<{ isPending: boolean; error: string | null }>(() => ({
    isPending: isLoginResponse(),
    error: null,
  }))
  const endLogin = useCallback((error: string | null) => setLogin({ isPending: false, error }), [])
  if (login.isPending) return <LoginReturn onEnd={endLogin} />
  return (
    <Router base={basePath}>
      {credential === null ? (
        <SignIn end={end} loginError={login.error} />
      ) : (
        <GraphProvider credential={credential} fallback={<Skeleton lines={6} />}>
          <Frame>
            <ScreenBoundary>
              <Suspense fallback={<Skeleton lines={6} />}>
                <Screens />
              </Suspense>
            </ScreenBoundary>
          </Frame>
        </GraphProvider>
      )}
    </Router>
  )
}

function Screens(): ReactNode {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/residents" component={Residents} />
      <Route path="/residents/:id">{({ id }) => <Resident key={id} id={id} />}</Route>
      <Route path="/entrances" component={Entrances} />
      <Route path="/entrances/:id">{({ id }) => <Entrance key={id} id={id} />}</Route>
      <Route path="/matrix" component={Matrix} />
      <Route path="/move-in" component={MoveIn} />
      <Route path="/move-outs" component={MoveOuts} />
      <Route path="/import" component={ImportResidents} />
      <Route path="/changes" component={Changes} />
      <Route path="/audit" component={Audit} />
      <Route path="/connect" component={Connect} />
      <Route path="/settings" component={Settings} />
      {/* The address to which an issuer returns after a login. */}
      <Route path="/sign-in">
        <Redirect to="/" replace />
      </Route>
      <Route component={NotFound} />
    </Switch>
  )
}
