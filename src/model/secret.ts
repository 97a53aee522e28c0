import { inspect } from 'node:util'

const redacted = '[hidden]'

/**
 * A text that only its owner may know: a PIN, a key, a token, an address that lets in. It doesn't print, wherever it gets: in a log, an
 * error, JSON or a template it's `[hidden]`. Whoever must have the text asks for it by name.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself, for where it belongs. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [inspect.custom](): string {
    return redacted
  }
}
