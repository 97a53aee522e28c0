import type { Journal } from '../journal/journal.ts'

/** One value that replaces itself and is never lost in between. */
export type Kept = {
  read(): Promise<string | null>
  write(value: string): Promise<void>
}

const forEverMs = 100 * 365 * 86_400_000

/**
 * Keeps a value in the journal's store, which can only remember and forget. There are two places that take turns: the newer value is
 * written before the older one is needed no more, so that an end at any instant leaves one of them whole. For one writer at a time.
 */
export function createKept(journal: Journal, name: string): Kept {
  const places = [`${name}/0`, `${name}/1`]

  async function newest(): Promise<{ turn: number; value: string } | null> {
    const found = (await Promise.all(places.map((place) => journal.recall(place)))).filter(
      (each) => each !== null,
    )
    const read = found.map((each) => {
      const end = each.indexOf(' ')
      return { turn: Number(each.slice(0, end)), value: each.slice(end + 1) }
    })
    return read.toSorted((a, b) => b.turn - a.turn)[0] ?? null
  }

  return {
    read: async () => (await newest())?.value ?? null,
    async write(value) {
      const turn = ((await newest())?.turn ?? 0) + 1
      const place = places[turn % 2] ?? name
      await journal.forget(place)
      await journal.remember(place, `${turn} ${value}`, forEverMs)
    },
  }
}

/** Forgets a value for good. */
export async function forgetKept(journal: Journal, name: string): Promise<void> {
  await journal.forget(`${name}/0`)
  await journal.forget(`${name}/1`)
}
