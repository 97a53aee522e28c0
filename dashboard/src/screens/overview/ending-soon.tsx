import { type ReactNode, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { BuildingTime, RelativeTime } from '../../components/building-time.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { OverviewEndingDocument } from '../../graph/generated/graphql.ts'
import { useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './overview.module.css'

const dayMs = 86_400_000
const days = 7
const shownCredentials = 10

/** Credentials that work now and end within seven days, earliest first. */
export function EndingSoon(): ReactNode {
  const [variables, setVariables] = useState(createVariables)
  const [result] = useQuery({ query: OverviewEndingDocument, variables, requestPolicy: 'network-only' })
  const reload = () => setVariables(createVariables())
  useRefetchOnChange(reload, ({ __typename }) => __typename === 'CredentialChange', 5_000)
  return (
    <Card title={texts.overview.endingSoon}>
      <QueryStates result={result} retry={reload}>
        {({ acsCredentials }) => {
          if (acsCredentials === null) return null
          const credentials = acsCredentials.nodes.toSorted((a, b) =>
            (a.endsAt ?? '').localeCompare(b.endsAt ?? ''),
          )
          if (credentials.length === 0) return <Empty title={texts.overview.nothingEnds} />
          return (
            <ul className={styles.list}>
              {credentials
                .slice(0, shownCredentials)
                .map(({ id, accessMethod, endsAt, acsUser, displayName }) => (
                  <li key={id}>
                    <span>
                      {acsUser === null ? (
                        displayName
                      ) : (
                        <Link href={`/residents/${acsUser.id}`} className="subject">
                          {acsUser.displayName}
                        </Link>
                      )}
                      <span className="muted small">
                        {` · ${texts.accessMethods[accessMethod]}`}
                        {acsUser === null ? null : ` · ${acsUser.acsSystem.name}`}
                      </span>
                    </span>
                    {endsAt === null ? null : (
                      <span className="muted small">
                        <RelativeTime value={endsAt} timeZone={acsUser?.acsSystem.timeZone} />
                        {' · '}
                        <BuildingTime value={endsAt} timeZone={acsUser?.acsSystem.timeZone} />
                      </span>
                    )}
                  </li>
                ))}
              {acsCredentials.totalCount <= shownCredentials ? null : (
                <li>
                  <Link href="/residents?ends=7">
                    {texts.overview.showAllEnding(acsCredentials.totalCount)}
                  </Link>
                </li>
              )}
            </ul>
          )
        }}
      </QueryStates>
    </Card>
  )
}

function createVariables() {
  const nowMs = Date.now()
  return { now: new Date(nowMs).toISOString(), before: new Date(nowMs + days * dayMs).toISOString() }
}
