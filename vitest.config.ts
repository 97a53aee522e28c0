import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // One copy of graphql for all: without these, Vite takes another build of it than its plugins do.
  ssr: { resolve: { conditions: ['module-sync', 'node'] } },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    // The long ones wait for processes and timers of their own most of the time.
    maxWorkers: availableParallelism() + 1,
    // Far beyond what anything takes: a busy machine is no failure.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: ['default', ['json', { outputFile: 'coverage/results.json' }]],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'schema/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
})
