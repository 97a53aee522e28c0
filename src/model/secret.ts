import { inspect } from 'node:util'

const redacted = '[hidden]'

/**
 * A confidential text: a PIN, an API key, a token, or a URL that grants access. A log, an error, JSON or a template string contains
 * `[hidden]` instead of the text. Only `reveal()` returns the text.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** Returns the confidential text. */
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
