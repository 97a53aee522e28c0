import { Component, type ReactNode, useEffect, useRef } from 'react'
import { Button } from 'react-aria-components'
import { Screen } from '../components/screen.tsx'
import { Empty } from '../components/states.tsx'
import { useLiveStatus } from '../graph/graph.tsx'
import { texts } from '../texts.ts'

/** Keeps the frame usable if a screen fails, or if its code cannot be loaded. */
export class ScreenBoundary extends Component<{ readonly children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <FailedScreen /> : this.props.children
  }
}

/** Offers to load the page again. After an interruption this happens by itself: the code of the screen was probably missing. */
function FailedScreen(): ReactNode {
  const isReconnecting = useLiveStatus().state === 'reconnecting'
  const wasReconnecting = useRef(false)
  useEffect(() => {
    if (wasReconnecting.current && !isReconnecting) location.reload()
    wasReconnecting.current = isReconnecting
  }, [isReconnecting])
  return (
    <Screen title={isReconnecting ? texts.states.offline : texts.states.screenFailed}>
      <Empty title={isReconnecting ? texts.states.offlineDetail : texts.states.screenFailedDetail}>
        <Button onPress={() => location.reload()}>{texts.states.reload}</Button>
      </Empty>
    </Screen>
  )
}
