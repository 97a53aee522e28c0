import { readFile } from 'node:fs/promises'
import { formatDocument, stringifyDocument } from '@urql/core'
import { defineConfig } from 'vite'
import * as generated from './src/graph/generated/graphql.ts'

/** The page's operations by name, exactly as its client sends them. The gateway trusts them (`src/http/graphql/trusted-documents.ts`). */
function listDocuments(): Record<string, string> {
  const documents = Object.entries(generated).filter(([name]) => name.endsWith('Document'))
  return Object.fromEntries(
    documents.map(([name, document]) => [`dashboard ${name}`, stringifyDocument(formatDocument(document))]),
  )
}

const gateway = process.env.LATCHKEY_URL ?? 'http://127.0.0.1:4000'

const resolveFile = (packageName: string, file: string) =>
  new URL(file, import.meta.resolve(`${packageName}/package.json`))

/** GraphiQL's build for script tags, and React for it. The gateway serves these copies, so that it runs without the packages. */
const graphiqlFiles = {
  'graphiql.css': resolveFile('graphiql', 'graphiql.min.css'),
  'graphiql.js': resolveFile('graphiql', 'graphiql.min.js'),
  'react.js': resolveFile('react', 'umd/react.production.min.js'),
  'react-dom.js': resolveFile('react-dom', 'umd/react-dom.production.min.js'),
}

/** `npm run dashboard` serves the page with hot reload and passes requests on to the gateway at LATCHKEY_URL. */
export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the page also works below a path of a reverse proxy.
  base: './',
  // The command line reads CSV files with the same code.
  resolve: { alias: { 'csv-parse/sync': 'csv-parse/browser/esm/sync' } },
  build: {
    target: 'es2024',
    outDir: 'dist',
    emptyOutDir: true,
    reportCompressedSize: false,
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  plugins: [
    {
      name: 'graphiql',
      async generateBundle() {
        for (const [name, file] of Object.entries(graphiqlFiles))
          this.emitFile({ type: 'asset', fileName: `graphiql/${name}`, source: await readFile(file) })
      },
    },
    {
      name: 'documents',
      generateBundle() {
        this.emitFile({ type: 'asset', fileName: 'documents.json', source: JSON.stringify(listDocuments()) })
      },
    },
    {
      name: 'render-blocking-script',
      // The first frame is painted after the script has set the theme, so no other color appears before.
      transformIndexHtml: {
        order: 'post',
        handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
      },
    },
  ],
  oxc: { jsx: { runtime: 'automatic' } },
  server: { proxy: { '/graphql': { target: gateway, ws: true } } },
})
