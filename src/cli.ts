import { useCompileCache } from './compile-cache.ts'

useCompileCache()
const { runCommandLine } = await import('./cli/program.ts')
const { ConfigError } = await import('./config/config.ts')
const { StartupError } = await import('./startup-error.ts')

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  writeResult: (text) => void process.stdout.write(`${text}\n`),
  writeMessage: (text) => void process.stderr.write(`${text}\n`),
  ...(process.stderr.isTTY && { showProgress: (text: string) => void process.stderr.write(`${text}\n`) }),
}).catch((error: Error) => {
  const isSentence = error instanceof ConfigError || error instanceof StartupError
  process.stderr.write(`${isSentence ? error.message : `Failed: ${error.message}`}\n`)
  return 1
})
