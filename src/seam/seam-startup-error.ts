import { StartupError } from '../startup-error.ts'
import { seamUrl } from './calls/sdk-transport.ts'
import { SeamError } from './errors.ts'

/** Converts a `SeamError` during the start to a `StartupError` that names the variable and the remedy. Returns other errors unchanged. */
export function toStartupError(
  error: unknown,
  { endpoint, publicUrl }: { readonly endpoint: string | null; readonly publicUrl: string | null },
): unknown {
  if (!(error instanceof SeamError)) return error
  const seamName = endpoint === null ? `Seam at ${seamUrl}` : `SEAM_ENDPOINT ${endpoint}`
  // The error type in parentheses is enough if the message ends with it.
  const reason = /\((\w+)\)\.$/.exec(error.message)?.[1] ?? error.message.replace(/\.$/, '')
  return new StartupError(describeSeamError(error, seamName, reason, publicUrl), { cause: error })
}

function describeSeamError(
  error: SeamError,
  seamName: string,
  reason: string,
  publicUrl: string | null,
): string {
  switch (error.code) {
    case 'UNAUTHORIZED':
    case 'FORBIDDEN':
      return `${seamName} rejects SEAM_API_KEY (${reason}): set it to an API key of the workspace, from Seam's console under Developer.`
    case 'UNAVAILABLE':
    case 'TIMEOUT':
      if (error.status !== null)
        return `${seamName} fails with status ${error.status} (${reason}): try again in a few minutes; if the failure persists, contact the operator of that server.`
      return `${seamName} cannot be reached (${reason}): allow connections from this machine to it, or correct SEAM_ENDPOINT.`
    case 'RATE_LIMITED':
      return `${seamName} rate-limits this SEAM_API_KEY (${reason}): try again in a minute, or stop other programs that use the same API key.`
    case 'BAD_RESPONSE':
      return `${seamName} does not respond like Seam's API (${reason}): set SEAM_ENDPOINT to a server with Seam's API, or remove the variable.`
    default:
      return `${seamName} rejects a call that is required to start (${reason}): check SEAM_API_KEY, SEAM_ENDPOINT and PUBLIC_URL${publicUrl === null ? '' : ` (${publicUrl})`}.`
  }
}
