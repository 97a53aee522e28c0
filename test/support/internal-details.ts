/** Internal details that no client may receive: addresses, paths, hashes of scripts, API keys, positions in the code. */
const internals: readonly RegExp[] = [
  /\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/,
  /\[[0-9a-f:]+\]:\d+/,
  /:6379\b|redis/i,
  /(^|[\s"'(])\/(var|srv|tmp|home|usr|etc|proc|work)\//,
  /\b[0-9a-f]{40}\b/,
  /user_script|WRONGTYPE|READONLY|ECONN|ENOSPC|ENOENT|SQLITE|malformed/,
  /\.(db|ts|js)\b/,
  /\bat [^"\n]*:\d+:\d+/,
  /seam_\w{8,}/,
]

/** Returns the internal details in a text. */
export function findInternalDetails(text: string): readonly string[] {
  return internals.flatMap((each) => each.exec(text)?.[0] ?? [])
}
