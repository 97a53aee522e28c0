import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { createGraphiqlPage } from '../../../src/http/graphiql/page.ts'
import { HttpError } from '../../../src/http/protocol/http-error.ts'

it('should answer 404 where GraphiQL is not built, and with the page after a build', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-graphiql-'))
  const page = createGraphiqlPage({
    folder: pathToFileURL(`${folder}/`),
    isApiKeyRequired: async () => false,
  })
  const server = createServer((request, response) => {
    const sent =
      request.url === '/graphql'
        ? page.send(request, response)
        : page.sendAsset(request.url ?? '', request, response)
    sent.catch((error) => response.writeHead(error instanceof HttpError ? error.status : 500).end())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  expect((await fetch(`${url}/graphql`)).status).toBe(404)
  expect((await fetch(`${url}/graphiql/react.0000000000000000.js`)).status).toBe(404)

  for (const name of ['graphiql.css', 'graphiql.js', 'react.js', 'react-dom.js'])
    await writeFile(join(folder, name), `/* ${name} */`)
  const html = await (await fetch(`${url}/graphql`)).text()
  const paths = [...html.matchAll(/(?:src|href)="(graphiql\/[^"]+)"/g)].map(([, path]) => path)
  expect(paths).toHaveLength(5)
  for (const path of paths) expect((await fetch(`${url}/${path}`)).status).toBe(200)

  server.close()
  server.closeAllConnections()
  await rm(folder, { recursive: true })
})
