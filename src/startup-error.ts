/** The gateway cannot start. The message is for the operator: what happened, to which file or folder, and what to do. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}
