/** Size limits of the HTTP layer. */
export const sizeLimits = {
  /** Maximum size of a request body and of a WebSocket message. */
  maxBodyBytes: 256 * 1024,
  /** Unread bytes of a slow reader above which it is skipped. */
  maxUnreadBytes: 1024 * 1024,
  maxOperationsPerSocket: 100,
  maxOperationIdLength: 256,
} as const
