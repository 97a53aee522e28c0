import type { ReactNode } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { Badge, type Tone } from '../../components/badge.tsx'
import { SinceTime } from '../../components/building-time.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import {
  type IssuePartsFragment,
  OverviewProblemsDocument,
  type OverviewProblemsQuery,
} from '../../graph/generated/graphql.ts'
import { useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './overview.module.css'

/** A problem that a person can act on. */
type Problem = {
  readonly key: string
  /** What has the problem: its name, and what it is, such as "PIN · Riverside 12". */
  readonly name: string
  readonly detail: string
  readonly state: string
  readonly tone: Tone
  readonly message: string | null
  readonly advice: string | null
  readonly href: string | null
  readonly since: string | null
  readonly timeZone: string | null
  /** Lower is more urgent: a whole building before one resident before one entrance. */
  readonly rank: number
}

const shownProblems = 12

/** What needs attention, most urgent first, each with advice. */
export function Problems(): ReactNode {
  const [result, refetch] = useQuery({ query: OverviewProblemsDocument, requestPolicy: 'cache-and-network' })
  const reload = () => refetch({ requestPolicy: 'network-only' })
  useRefetchOnChange(reload, undefined, 2_000)
  return (
    <Card
      title={texts.overview.problems}
      action={<Link href="/residents?status=PROBLEMS">{texts.overview.allProblems}</Link>}
    >
      <QueryStates result={result} retry={reload}>
        {(data) => {
          const problems = collectProblems(data)
          if (problems.length === 0) return <Empty title={texts.overview.noProblems} />
          return (
            <ul className={styles.list}>
              {problems.slice(0, shownProblems).map((problem) => (
                <ProblemItem key={problem.key} problem={problem} />
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

function ProblemItem({
  problem: { name, detail, state, tone, message, advice, href, since, timeZone },
}: {
  readonly problem: Problem
}): ReactNode {
  return (
    <li className={styles.problem}>
      <span>
        {href === null ? (
          <span className="subject">{name}</span>
        ) : (
          <Link href={href} className="subject">
            {name}
          </Link>
        )}
        <span className="muted small"> · {detail}</span>
      </span>
      <Badge tone={tone}>{state}</Badge>
      {message === null ? null : <span className={styles.message}>{message}</span>}
      {advice === null ? null : <span className={`muted ${styles.message}`}>{advice}</span>}
      {since === null ? null : (
        <span className={`muted small ${styles.message}`}>
          <SinceTime value={since} timeZone={timeZone} />
        </span>
      )}
    </li>
  )
}

/** What a problem tells of an issue that Seam reports. */
const describeIssue = (issue: IssuePartsFragment | undefined) => ({
  message: issue?.message ?? null,
  advice: issue?.advice ?? null,
  since: issue?.since ?? null,
})

function collectProblems(data: OverviewProblemsQuery): readonly Problem[] {
  const problems = [
    ...(data.connectedAccounts?.nodes ?? []).flatMap(findAccountProblems),
    ...(data.acsSystems?.nodes ?? []).flatMap(findBuildingProblems),
    ...[...(data.failed?.nodes ?? []), ...(data.pending?.nodes ?? [])].map(toCredentialProblem),
    ...(data.acsEntrances?.nodes ?? []).map(toEntranceProblem),
  ]
  return problems.toSorted((a, b) => a.rank - b.rank || (b.since ?? '').localeCompare(a.since ?? ''))
}

type Nodes<Name extends keyof OverviewProblemsQuery> = NonNullable<
  Exclude<OverviewProblemsQuery[Name], string | undefined>
>['nodes'][number]

function findAccountProblems({ id, displayName, errors }: Nodes<'connectedAccounts'>): readonly Problem[] {
  return errors.map((issue) => ({
    ...{ key: `${id} ${issue.code}`, name: displayName, detail: texts.overview.account, timeZone: null },
    ...{ state: texts.overview.hasError, tone: 'bad', href: '/connect', rank: 0 },
    ...describeIssue(issue),
  }))
}

function findBuildingProblems({ id, name, timeZone, errors, sync }: Nodes<'acsSystems'>): readonly Problem[] {
  const building = {
    ...{ name, timeZone, detail: texts.overview.building, state: texts.overview.hasError },
    ...({ tone: 'bad', rank: 1 } as const),
  }
  const problems: Problem[] = errors.map((issue) => ({
    ...{ ...building, key: `${id} ${issue.code}`, href: '/connect' },
    ...describeIssue(issue),
  }))
  if (sync.state === 'FAILED')
    problems.push({
      ...{ ...building, key: `${id} sync`, href: null, since: null },
      ...{ message: texts.syncStatus.FAILED, advice: sync.detail },
    })
  return problems
}

function toCredentialProblem(credential: Nodes<'failed'>): Problem {
  const { id, displayName, accessMethod, status, acsUser, acsSystem, errors, warnings } = credential
  const hasFailed = status === 'FAILED'
  return {
    ...{ key: id, name: acsUser?.displayName ?? displayName, timeZone: acsSystem.timeZone },
    detail: `${texts.accessMethods[accessMethod]} · ${acsSystem.name}`,
    ...{ state: texts.credentialStatus[status], tone: hasFailed ? 'bad' : 'warn', rank: hasFailed ? 2 : 3 },
    href: acsUser === null ? null : `/residents/${acsUser.id}`,
    ...describeIssue(errors[0] ?? warnings[0]),
  }
}

function toEntranceProblem({ id, displayName, acsSystem }: Nodes<'acsEntrances'>): Problem {
  return {
    ...{ key: id, name: displayName, timeZone: acsSystem.timeZone, since: null },
    detail: `${texts.overview.entrance} · ${acsSystem.name}`,
    ...{ state: texts.entrances.offline, tone: 'warn', rank: 4, href: `/entrances/${id}` },
    ...{ message: null, advice: texts.overview.entranceOfflineAdvice },
  }
}
