import { normalizeText } from '../../components/text-search.ts'

/** Words of a search. A text matches if each word occurs in it. A phone number may contain spaces: "+1 212 555" is one word. */
export function parseSearch(search: string): readonly string[] {
  const text = normalizeText(search).trim()
  if (/^\+?[\d\s()./-]+$/.test(text)) return [text.replace(/\D/g, '')].filter(Boolean)
  return text.split(/\s+/).filter(Boolean)
}
