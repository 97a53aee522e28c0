/** Request headers with lower-case names, as Node gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

type Signature = { readonly headers: Record<string, string> } | { readonly problem: string }

const shapes = {
  id: /^[\x21-\x7e]{1,200}$/,
  timestamp: /^[1-9]\d{0,11}$/,
  signature: /^v\d+a?,[A-Za-z0-9+/=]{1,200}( v\d+a?,[A-Za-z0-9+/=]{1,200})*$/,
}

/**
 * Reads the three headers that a signed webhook carries (Svix's names, or those of Standard Webhooks), each exactly once and in its
 * exact form. The verifier behind this is more lenient than a door should be.
 */
export function readSignature(headers: Headers): Signature {
  const family = ['svix', 'webhook'].find((name) => headers[`${name}-id`] !== undefined)
  if (family === undefined)
    return { problem: 'The headers svix-id, svix-timestamp and svix-signature are missing.' }
  const found: Record<string, string> = {}
  for (const [part, shape] of Object.entries(shapes)) {
    const name = `${family}-${part}`
    const value = headers[name]
    // Node joins a header that came twice with a comma and a space, which none of these may hold.
    if (typeof value !== 'string' || !shape.test(value))
      return { problem: `The header ${name} is missing or malformed.` }
    found[name] = value
  }
  return { headers: found }
}
