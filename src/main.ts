/**
 * Entry point of the gateway. The signal handlers are registered before any other module is loaded, because process 1 of a
 * container ignores signals without a handler.
 */
const stop = new AbortController()
const exitWhileLoading = (): void => process.exit(0)
stop.signal.addEventListener('abort', exitWhileLoading)
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stop.abort())

const { useCompileCache } = await import('./compile-cache.ts')
useCompileCache()
const { runGatewayProcess } = await import('./gateway-process.ts')
stop.signal.removeEventListener('abort', exitWhileLoading)
await runGatewayProcess(stop.signal)
