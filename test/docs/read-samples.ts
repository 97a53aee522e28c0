import { glob, readFile } from 'node:fs/promises'

/** A fenced code block of a page. */
export type Sample = {
  /** Page and line, such as `README.md:40`. */
  readonly place: string
  /** The language and what follows it: `graphql`, `json variables`, `sh`. */
  readonly kind: string
  readonly text: string
  /** The block after this one on the same page. */
  readonly next: Sample | null
}

const root = new URL('../../', import.meta.url)

/** Reads every sample of the README, of `docs/`, and of the pages of the clients and the examples. */
export async function readSamples(): Promise<readonly Sample[]> {
  const pages = ['README.md']
  for await (const page of glob('{docs,clients,examples}/**/*.md', { cwd: root })) pages.push(page)
  const samples = await Promise.all(
    pages.sort().map(async (page) => samplesIn(page, await readFile(new URL(page, root), 'utf8'))),
  )
  return samples.flat()
}

function samplesIn(page: string, text: string): Sample[] {
  const samples: Sample[] = []
  for (const match of [...text.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].reverse()) {
    const line = text.slice(0, match.index).split('\n').length
    const [, kind = '', content = ''] = match
    samples.unshift({ place: `${page}:${line}`, kind, text: content, next: samples[0] ?? null })
  }
  return samples
}
