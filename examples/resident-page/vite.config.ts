import { defineConfig } from 'vite'

const gateway = process.env.LATCHKEY_URL ?? 'http://127.0.0.1:4000'

/** `npx vite examples/resident-page` serves the page and passes its requests on to the gateway at LATCHKEY_URL. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: { target: 'es2024', outDir: 'dist', emptyOutDir: true, reportCompressedSize: false },
  server: { proxy: { '/graphql': { target: gateway, ws: true } } },
})
