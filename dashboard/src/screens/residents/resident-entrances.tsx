import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import { Link } from 'wouter'
import { useNow } from '../../components/building-time.tsx'
import { getShownStatus } from '../../components/credential-status.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty } from '../../components/states.tsx'
import type { ResidentCredentialFragment } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import { useAccessQuestion } from './access-question-state.ts'
import styles from './resident.module.css'
import type { ResidentDetail } from './resident-types.ts'

export type ResidentEntrance = {
  readonly id: string
  readonly displayName: string
  readonly credentials: readonly ResidentCredentialFragment[]
}

/** The entrances that the credentials of a resident unlock, ordered by name. */
export function listEntrances({ credentials }: ResidentDetail): readonly ResidentEntrance[] {
  const entrances = new Map<
    string,
    { id: string; displayName: string; credentials: ResidentCredentialFragment[] }
  >()
  for (const credential of credentials?.nodes ?? [])
    for (const { id, displayName } of credential.entrances?.nodes ?? []) {
      const entrance = entrances.get(id) ?? { id, displayName, credentials: [] }
      entrance.credentials.push(credential)
      entrances.set(id, entrance)
    }
  return [...entrances.values()].sort((a, b) => compareNames(a.displayName, b.displayName))
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
export const compareNames = (a: string, b: string): number => collator.compare(a, b)

export function ResidentEntrances({ resident }: { readonly resident: ResidentDetail }): ReactNode {
  const entrances = listEntrances(resident)
  const nowMs = useNow()
  const { ask } = useAccessQuestion()
  if (resident.credentials === null) return null
  return (
    <Card title={texts.navigation.entrances}>
      {entrances.length === 0 ? (
        <Empty title={texts.residents.noEntrances} />
      ) : (
        <ul className={styles.list}>
          {entrances.map(({ id, displayName, credentials }) => (
            <li key={id} className={styles.entrance}>
              <Link href={`/entrances/${id}`} className="subject">
                {displayName}
              </Link>
              <span className={styles.by}>
                {credentials
                  .map((credential) =>
                    describe(credential, resident.isSuspended, Math.max(nowMs, Date.now())),
                  )
                  .join(' · ')}
              </span>
              <Button
                className="react-aria-Button quiet small screen-only"
                aria-label={texts.residents.checkOf(displayName)}
                onPress={() => ask({ entranceId: id, at: null })}
              >
                {texts.residents.checkAction}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

/** Access method, with the status unless it is active: "PIN (expired)". */
function describe(credential: ResidentCredentialFragment, isSuspended: boolean, nowMs: number): string {
  const method = texts.accessMethods[credential.accessMethod]
  const status = getShownStatus(credential, isSuspended, nowMs)
  return status === 'ACTIVE' ? method : texts.residents.withStatus(method, texts.credentialStatus[status])
}
