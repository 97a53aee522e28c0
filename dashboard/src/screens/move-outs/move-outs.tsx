import { type ReactNode, useMemo, useState } from 'react'
import { Button } from 'react-aria-components'
import { Link } from 'wouter'
import { BuildingTime, RelativeTime } from '../../components/building-time.tsx'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, Skeleton } from '../../components/states.tsx'
import {
  MoveOutRowsDocument,
  MoveOutsDocument,
  type MoveOutsQuery,
  type MoveOutUserFragment,
} from '../../graph/generated/graphql.ts'
import { useHasScope } from '../../graph/graph.tsx'
import type { ListUpdates } from '../../graph/live-list.ts'
import { createRowReader } from '../../graph/row-reader.ts'
import { useAllPages } from '../../graph/use-all-pages.ts'
import { texts } from '../../texts.ts'
import { CancelMoveOutDialog } from './cancel-move-out-dialog.tsx'
import styles from './move-outs.module.css'

type Node = NonNullable<MoveOutsQuery['scheduledMoveOuts']>['nodes'][number]
type MoveOut = Node & { readonly id: string }

const noVariables = {}
const updates: ListUpdates<MoveOut> = {
  findRows: ({ __typename, subjectId }) => (__typename === 'UserChange' ? [subjectId] : []),
  readRows: createRowReader(
    MoveOutRowsDocument,
    (node) => {
      if (node.__typename !== 'AcsUser' || node.scheduledMoveOut === null) return null
      const { scheduledMoveOut, ...acsUser } = node
      return { ...scheduledMoveOut, acsUser, id: acsUser.id }
    },
    'cache-first',
  ),
  intervalMs: 400,
}

/** A resident has at most one scheduled move-out, so the resident identifies it. */
function selectMoveOuts({ scheduledMoveOuts }: MoveOutsQuery) {
  if (scheduledMoveOuts === null) return null
  const nodes = scheduledMoveOuts.nodes.map(
    (node): MoveOut => ({ ...node, id: node.acsUser?.id ?? `${node.at} ${node.requestedAt}` }),
  )
  return { ...scheduledMoveOuts, nodes }
}

/** Scheduled move-outs, earliest first. */
export function MoveOuts(): ReactNode {
  const { nodes, isComplete, error } = useAllPages(MoveOutsDocument, noVariables, selectMoveOuts, updates)
  const moveOuts = useMemo(() => nodes.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)), [nodes])
  const [canceled, setCanceled] = useState<MoveOutUserFragment | null>(null)
  return (
    <Screen
      title={texts.navigation.moveOuts}
      lead={
        isComplete
          ? nodes.length > 0 && texts.moveOuts.lead(nodes.length)
          : error === null && texts.states.loading
      }
    >
      {error === null ? null : <ErrorState error={error} />}
      {moveOuts.length > 0 ? (
        <ul className={styles.list} aria-label={texts.moveOuts.list}>
          {moveOuts.map((moveOut) => (
            <MoveOutLine key={moveOut.id} moveOut={moveOut} onCancel={setCanceled} />
          ))}
        </ul>
      ) : isComplete ? (
        <Empty title={texts.moveOuts.empty}>
          <Link href="/residents">{texts.moveOuts.emptyDetail}</Link>
        </Empty>
      ) : (
        error === null && <Skeleton lines={5} />
      )}
      {canceled === null ? null : (
        <CancelMoveOutDialog key={canceled.id} resident={canceled} onClose={() => setCanceled(null)} />
      )}
    </Screen>
  )
}

function MoveOutLine({
  moveOut: { at, keepUser, requestedAt, acsUser },
  onCancel,
}: {
  readonly moveOut: MoveOut
  readonly onCancel: (resident: MoveOutUserFragment) => void
}): ReactNode {
  const canWrite = useHasScope('WRITE')
  const timeZone = acsUser?.acsSystem.timeZone
  return (
    <li className={styles.line}>
      <div>
        {acsUser === null ? (
          texts.moveOuts.gone
        ) : (
          <Link href={`/residents/${acsUser.id}`} className="subject">
            {acsUser.displayName}
          </Link>
        )}
        <div className="muted small">{acsUser?.acsSystem.name}</div>
      </div>
      <div>
        <BuildingTime value={at} timeZone={timeZone} />
        <div className="muted small">
          <RelativeTime value={at} timeZone={timeZone} />
        </div>
      </div>
      <div className="muted small">
        <div>{keepUser ? texts.moveOuts.keepsUser : texts.moveOuts.removesUser}</div>
        <div>
          {texts.moveOuts.requested} <RelativeTime value={requestedAt} timeZone={timeZone} />
        </div>
      </div>
      {acsUser === null || !canWrite ? null : (
        <Button aria-label={texts.moveOuts.cancelOf(acsUser.displayName)} onPress={() => onCancel(acsUser)}>
          {texts.moveOuts.cancel}
        </Button>
      )}
    </li>
  )
}
