/** What one check found. `advice` says what to do, and is there exactly when something should be done. */
export type Finding = {
  readonly state: 'ok' | 'note' | 'FAIL'
  readonly found: string
  readonly advice?: string
}
