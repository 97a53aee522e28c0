/** Request headers with lower-case names, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

type SignatureHeaders = { readonly headers: Record<string, string> } | { readonly problem: string }

const patterns = {
  id: /^[\x21-\x7e]{1,200}$/,
  timestamp: /^[1-9]\d{0,11}$/,
  signature: /^v\d+a?,[A-Za-z0-9+/=]{1,200}( v\d+a?,[A-Za-z0-9+/=]{1,200})*$/,
}

/**
 * Reads the three headers of a signed webhook (Svix's or Standard Webhooks' names). Each must be present exactly once and in its exact
 * format; the library's verifier is more lenient. Returns `problem` for the first header that is missing or malformed.
 */
export function readSignatureHeaders(headers: RequestHeaders): SignatureHeaders {
  const prefix = ['svix', 'webhook'].find((name) => headers[`${name}-id`] !== undefined)
  if (prefix === undefined)
    return { problem: 'The headers svix-id, svix-timestamp and svix-signature are missing.' }
  const found: Record<string, string> = {}
  for (const [part, pattern] of Object.entries(patterns)) {
    const name = `${prefix}-${part}`
    const value = headers[name]
    // Node joins a repeated header with a comma and a space, which no pattern allows.
    if (typeof value !== 'string' || !pattern.test(value))
      return { problem: `The header ${name} is missing or malformed.` }
    found[name] = value
  }
  return { headers: found }
}
