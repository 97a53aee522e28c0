/** Orders of the parent process: messages of the same content, so many at the same time. */
export type LoopOrder = {
  readonly url: string
  readonly body: string
  readonly count: number
  readonly concurrency: number
}

/** Sends messages with `fetch`, as fast as the receiver allows. Reports to the parent process after the last answer. */
process.on('message', async ({ url, body, count, concurrency }: LoopOrder) => {
  const headers = { 'content-type': 'application/json' }
  let sent = 0
  async function sendNext(): Promise<void> {
    while (sent++ < count) await (await fetch(url, { method: 'POST', headers, body })).arrayBuffer()
  }
  await Promise.all(Array.from({ length: concurrency }, sendNext))
  process.send?.('done')
})
process.once('disconnect', () => process.exit(0))
