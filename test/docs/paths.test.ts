import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
const pages: string[] = []
for await (const page of glob(['*.md', 'docs/**/*.md', 'clients/*.md', 'examples/*.md'], { cwd: root }))
  pages.push(page)

it.each(pages.sort())('%s should name only files and folders that exist', async (page) => {
  const text = await readFile(join(root, page), 'utf8')
  const paths = [...text.matchAll(/`((?:src|schema|test|docs|clients|bench|examples)\/[\w./-]*)`/g)]
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, link = '']) =>
    join(page, '..', link),
  )
  const missing = [...paths.map(([, path = '']) => path), ...links].filter(
    (path) => !existsSync(join(root, path)),
  )
  expect(missing).toEqual([])
})
