/** The result of one check. `advice` says what to do, and is present only if there is something to do. */
export type Finding = {
  readonly state: 'ok' | 'note' | 'FAIL'
  readonly message: string
  readonly advice?: string
}
