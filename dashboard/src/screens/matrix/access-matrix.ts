import { getShownStatus, type ShownStatus } from '../../components/credential-status.tsx'
import { formatCsv } from '../../components/csv-file.ts'
import type { AccessMethod, MatrixUserFragment } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'

type MatrixEntrance = { readonly id: string; readonly displayName: string }

/** A credential of a resident for an entrance. */
export type MatrixCredential = { readonly method: AccessMethod; readonly status: ShownStatus }

export type MatrixRow = {
  readonly id: string
  readonly name: string
  /** One cell per entrance: the resident's credentials for it, or `null`. */
  readonly cells: readonly (readonly MatrixCredential[] | null)[]
}

/** Puts the credentials of each resident under the entrances that they unlock. Expired credentials are left out. */
export function buildMatrix(
  users: readonly MatrixUserFragment[],
  entrances: readonly MatrixEntrance[],
  nowMs: number,
): readonly MatrixRow[] {
  return users.map((user) => {
    const byEntrance = new Map<string, MatrixCredential[]>()
    for (const credential of user.credentials?.nodes ?? []) {
      const status = getShownStatus(credential, user.isSuspended, nowMs)
      if (status === 'EXPIRED') continue
      for (const { id } of credential.entrances?.nodes ?? [])
        byEntrance.set(id, [...(byEntrance.get(id) ?? []), { method: credential.accessMethod, status }])
    }
    for (const credentials of byEntrance.values())
      credentials.sort((a, b) => b.method.localeCompare(a.method))
    return {
      id: user.id,
      name: user.displayName,
      cells: entrances.map(({ id }) => byEntrance.get(id) ?? null),
    }
  })
}

/** Whether a resident has more credentials, or a credential more entrances, than one response contains. */
export function isTruncated(users: readonly MatrixUserFragment[]): boolean {
  return users.some(
    ({ credentials }) =>
      credentials !== null &&
      (credentials.totalCount > credentials.nodes.length ||
        credentials.nodes.some(
          ({ entrances }) => entrances !== null && entrances.totalCount > entrances.nodes.length,
        )),
  )
}

/** A cell in words: "Mobile key, PIN (Scheduled)". */
export function describeCell(cell: readonly MatrixCredential[]): string {
  return cell
    .map(({ method, status }) =>
      status === 'ACTIVE'
        ? texts.accessMethods[method]
        : `${texts.accessMethods[method]} (${texts.credentialStatus[status]})`,
    )
    .join(', ')
}

/** The matrix as CSV. */
export function formatMatrix({
  entrances,
  rows,
}: {
  readonly entrances: readonly MatrixEntrance[]
  readonly rows: readonly MatrixRow[]
}): string {
  const lines = [
    [texts.entrances.resident, ...entrances.map(({ displayName }) => displayName)],
    ...rows.map(({ name, cells }) => [
      name,
      ...cells.map((cell) => (cell === null ? '' : describeCell(cell))),
    ]),
  ]
  return formatCsv(lines.map((cells) => cells.map(escapeFormula)))
}

/** A leading `=`, `+`, `-` or `@` would be a formula in a spreadsheet. */
const escapeFormula = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
