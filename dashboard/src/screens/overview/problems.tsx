import type { ReactNode } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { Badge, type Tone } from '../../components/badge.tsx'
import { RelativeTime } from '../../components/building-time.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { OverviewProblemsDocument, type OverviewProblemsQuery } from '../../graph/generated/graphql.ts'
import { useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './overview.module.css'

/** A problem that a person can act on. */
type Problem = {
  readonly key: string
  readonly kind: keyof typeof texts.overview.kinds
  readonly title: string
  readonly advice: string | null
  readonly href: string | null
  readonly tone: Tone
  readonly since: string | null
  /** Lower is more urgent: a whole building before one resident before one entrance. */
  readonly rank: number
}

const shownProblems = 12

/** Everything that needs attention, most urgent first, each with advice. */
export function Problems(): ReactNode {
  const [result, refetch] = useQuery({ query: OverviewProblemsDocument, requestPolicy: 'cache-and-network' })
  const reload = () => refetch({ requestPolicy: 'network-only' })
  useRefetchOnChange(reload, undefined, 2_000)
  return (
    <Card title={texts.overview.problems}>
      <QueryStates result={result} retry={reload}>
        {(data) => {
          const problems = collectProblems(data)
          if (problems.length === 0) return <Empty title={texts.overview.noProblems} />
          return (
            <ul className={styles.list}>
              {problems.slice(0, shownProblems).map(({ key, kind, title, advice, href, tone, since }) => (
                <li key={key} className={styles.problem}>
                  {href === null ? (
                    <span className="subject">{title}</span>
                  ) : (
                    <Link href={href} className="subject">
                      {title}
                    </Link>
                  )}
                  <Badge tone={tone}>{texts.overview.kinds[kind]}</Badge>
                  {advice === null ? null : <span className={`muted ${styles.advice}`}>{advice}</span>}
                  {since === null ? null : (
                    <span className={`muted small ${styles.since}`}>
                      <RelativeTime value={since} />
                    </span>
                  )}
                </li>
              ))}
              {problems.length <= shownProblems ? null : (
                <li>{texts.overview.moreProblems(problems.length - shownProblems)}</li>
              )}
            </ul>
          )
        }}
      </QueryStates>
    </Card>
  )
}

function collectProblems(data: OverviewProblemsQuery): readonly Problem[] {
  const problems: Problem[] = []
  for (const account of data.connectedAccounts?.nodes ?? [])
    for (const issue of account.errors)
      problems.push({
        ...{ key: `${account.id} ${issue.code}`, title: `${account.displayName}: ${issue.message}` },
        ...{
          advice: issue.advice,
          href: '/connect',
          tone: 'bad',
          since: issue.since,
          rank: 0,
          kind: 'building',
        },
      })
  for (const system of data.acsSystems?.nodes ?? []) {
    for (const issue of system.errors)
      problems.push({
        ...{ key: `${system.id} ${issue.code}`, title: `${system.name}: ${issue.message}` },
        ...{
          advice: issue.advice,
          href: '/connect',
          tone: 'bad',
          since: issue.since,
          rank: 1,
          kind: 'building',
        },
      })
    if (system.sync.state === 'FAILED')
      problems.push({
        ...{ key: `${system.id} sync`, title: `${system.name}: ${texts.syncStatus.FAILED}` },
        ...{ advice: system.sync.detail, href: null, tone: 'bad', since: null, rank: 1, kind: 'building' },
      })
  }
  for (const credential of data.acsCredentials?.nodes ?? []) {
    const [issue] = credential.errors
    const { acsUser } = credential
    problems.push({
      key: credential.id,
      title: `${acsUser?.displayName ?? credential.displayName}: ${issue?.message ?? texts.credentialStatus.FAILED}`,
      advice: issue?.advice ?? null,
      href: acsUser === null ? null : `/residents/${acsUser.id}`,
      tone: 'bad',
      since: issue?.since ?? null,
      rank: 2,
      kind: 'credential',
    })
  }
  for (const entrance of data.acsEntrances?.nodes ?? [])
    problems.push({
      key: entrance.id,
      title: texts.overview.entranceOffline(entrance.displayName, entrance.acsSystem.name),
      advice: texts.overview.entranceOfflineAdvice,
      href: `/entrances/${entrance.id}`,
      tone: 'warn',
      since: null,
      rank: 3,
      kind: 'entrance',
    })
  return problems.toSorted((a, b) => a.rank - b.rank || (b.since ?? '').localeCompare(a.since ?? ''))
}
