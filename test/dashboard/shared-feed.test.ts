import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSharedFeed, type SharedFeedOptions } from '../../dashboard/src/graph/shared-feed.ts'

type Sink = Parameters<SharedFeedOptions['run']>[1]
type Batch = Parameters<Sink['next']>[0]

const createBatch = (cursor: string) => ({ data: { changes: { cursor, gap: null, changes: [] } } }) as Batch

/** A tab whose socket is driven by the test. */
function openTab(identity: string) {
  const received: (string | undefined)[] = []
  const runs: { readonly after: string; readonly sink: Sink; isStopped: boolean }[] = []
  const feed = createSharedFeed({
    identity,
    run({ extensions }, sink) {
      const run = { after: extensions.after, sink, isStopped: false }
      runs.push(run)
      return () => {
        run.isStopped = true
      }
    },
    wakeSocket: () => undefined,
    onConnected: () => undefined,
    onDisconnected: () => undefined,
  })
  const subscribe = () =>
    feed.subscribe(
      { query: 'subscription' },
      {
        next: (batch) => received.push(batch.data?.changes.cursor),
        error: () => undefined,
        complete: () => undefined,
      },
    )
  /** Delivers the batches that end at the cursors over the tab's own socket. */
  const deliver = (...cursors: string[]) => {
    for (const cursor of cursors) runs.at(-1)?.sink.next(createBatch(cursor))
  }
  tabs.push(feed)
  return { feed, received, runs, subscribe, deliver }
}

const tabs: { close(): void }[] = []
afterEach(() => {
  for (const tab of tabs.splice(0)) tab.close()
})

describe('the subscription that tabs share', () => {
  it('should deliver every batch once to a tab that opens later, without a socket of its own', async () => {
    const identity = randomUUID()
    const first = openTab(identity)
    expect(await first.feed.join('a')).toBe('a')
    first.subscribe()
    first.deliver('b')

    const second = openTab(identity)
    // Its own position is newer than what the leader has received.
    expect(await second.feed.join('c')).toBe('b')
    second.subscribe()
    first.deliver('c', 'd')
    await vi.waitFor(() => expect(second.received).toEqual(['c', 'd']))
    expect(second.runs).toEqual([])
    expect(first.received).toEqual(['b', 'c', 'd'])
  })

  it('should continue from its own position after the leader was closed', async () => {
    const identity = randomUUID()
    const first = openTab(identity)
    await first.feed.join('a')
    first.subscribe()
    const [second, third] = [openTab(identity), openTab(identity)]
    for (const tab of [second, third]) {
      await tab.feed.join('x')
      tab.subscribe()
    }
    first.deliver('b')
    await vi.waitFor(() => expect([second.received, third.received]).toEqual([['b'], ['b']]))
    first.feed.close()
    await vi.waitFor(() => expect(second.runs).toMatchObject([{ after: 'b', isStopped: false }]))
    second.deliver('c')
    await vi.waitFor(() => expect(third.received).toEqual(['b', 'c']))
    expect(third.runs).toEqual([])
  })

  it('should subscribe by itself after it missed a batch, until it has caught up with the leader', async () => {
    const identity = randomUUID()
    const first = openTab(identity)
    await first.feed.join('a')
    first.subscribe()
    const second = openTab(identity)
    await second.feed.join('a')
    const third = openTab(identity)
    await third.feed.join('a')
    third.subscribe()
    // The second tab does not take this batch.
    first.deliver('b')
    await vi.waitFor(() => expect(third.received).toEqual(['b']))
    second.subscribe()
    first.deliver('c')
    await vi.waitFor(() => expect(second.runs).toMatchObject([{ after: 'a', isStopped: false }]))
    expect(second.received).toEqual([])
    second.deliver('b', 'c')
    first.deliver('d')
    await vi.waitFor(() => expect(second.received).toEqual(['b', 'c', 'd']))
    expect(second.runs).toMatchObject([{ isStopped: true }])
  })

  it('should subscribe by itself if the leader does not answer', async () => {
    const identity = randomUUID()
    const first = openTab(identity)
    await first.feed.join('a')
    const answer = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockReturnValue(undefined)
    const second = openTab(identity)
    expect(await second.feed.join('c')).toBe('c')
    answer.mockRestore()
    second.subscribe()
    expect(second.runs).toMatchObject([{ after: 'c', isStopped: false }])
  })
})
