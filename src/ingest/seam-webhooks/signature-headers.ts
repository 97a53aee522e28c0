/** Request headers with lower-case names, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

/** The signature headers of a webhook; `timestamp` is in seconds since 1970, and `signatures` are separated by spaces. */
export type WebhookSignature = {
  readonly id: string
  readonly timestamp: string
  readonly signatures: string
}

const patterns = {
  id: /^[\x21-\x7e]{1,200}$/,
  timestamp: /^[1-9]\d{0,11}$/,
  signature: /^v\d+a?,[A-Za-z0-9+/=]{1,200}( v\d+a?,[A-Za-z0-9+/=]{1,200})*$/,
}

const svixNames = { id: 'svix-id', timestamp: 'svix-timestamp', signature: 'svix-signature' }
const standardNames = { id: 'webhook-id', timestamp: 'webhook-timestamp', signature: 'webhook-signature' }

/**
 * Reads the three headers of a signed webhook (Svix's or Standard Webhooks' names). Each must be present exactly once and in its exact
 * format. Returns `problem` for the first header that is missing or malformed.
 */
export function readSignatureHeaders(
  headers: RequestHeaders,
): WebhookSignature | { readonly problem: string } {
  const names = [svixNames, standardNames].find(({ id }) => headers[id] !== undefined)
  if (names === undefined)
    return { problem: 'The headers svix-id, svix-timestamp and svix-signature are missing.' }
  const { [names.id]: id, [names.timestamp]: timestamp, [names.signature]: signatures } = headers
  if (!hasFormat(id, patterns.id)) return { problem: describeProblem(names.id) }
  if (!hasFormat(timestamp, patterns.timestamp)) return { problem: describeProblem(names.timestamp) }
  if (!hasFormat(signatures, patterns.signature)) return { problem: describeProblem(names.signature) }
  return { id, timestamp, signatures }
}

/** Node joins a repeated header with a comma and a space, which no pattern allows. */
function hasFormat(value: string | string[] | undefined, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}

function describeProblem(name: string): string {
  return `The header ${name} is missing or malformed.`
}
