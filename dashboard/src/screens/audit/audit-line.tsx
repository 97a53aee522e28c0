import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import { Link } from 'wouter'
import { Badge, type Tone } from '../../components/badge.tsx'
import { BuildingTime, formatTime, RelativeTime } from '../../components/building-time.tsx'
import { formatFields } from '../../components/change-line.tsx'
import { type Fact, Facts } from '../../components/facts.tsx'
import type { AccessMethod, AuditOutcome } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import styles from './audit.module.css'
import {
  type AuditObject,
  type AuditObjects,
  type AuditRecord,
  entranceDetails,
  splitValue,
} from './audit-objects.ts'

const words = texts.audit

const outcomeTones: Readonly<Record<Exclude<AuditOutcome, 'DONE'>, Tone>> = {
  PARTLY_DONE: 'bad',
  SCHEDULED: 'accent',
  UNDONE: 'bad',
}

/** What an action did, in the past tense, with placeholders. */
function getSentence({ action, outcome }: AuditRecord): string {
  if (action === 'moveOut' && outcome === 'SCHEDULED') return words.scheduledMoveOut
  return words.actions[action] ?? action
}

/** The name of an action without its objects, for a choice: "Revoked a credential". */
export function nameAction(action: string): string {
  const objects: Readonly<Record<string, string>> = words.objects
  const name = (words.actions[action] ?? action).replace(/\{(\w+)\}/g, (_, object) => objects[object] ?? '')
  return name.charAt(0).toUpperCase() + name.slice(1)
}

const getDetail = ({ details }: AuditRecord, name: string): string =>
  details.find((detail) => detail.name === name)?.value ?? ''

type Building = { readonly name: string; readonly timeZone: string | null }

/** The buildings of a record: those that it names, or the one of its resident. */
function getBuildings(record: AuditRecord, objects: AuditObjects): readonly Building[] {
  const named = (record.acsSystemIds ?? []).map((id) => objects.get(id))
  const buildings = named.filter((object) => object?.__typename === 'AcsSystem')
  if (buildings.length > 0) return buildings
  const resident = record.acsUserId === null ? null : objects.get(record.acsUserId)
  return resident?.__typename === 'AcsUser' ? [resident.acsSystem] : []
}

/** One record: who did what to whom and when, what was set, and the IDs on request. */
export function AuditLine({
  record,
  objects,
  onFilter,
}: {
  readonly record: AuditRecord
  readonly objects: AuditObjects
  readonly onFilter: (name: string, value: string) => void
}): ReactNode {
  const { actor, actorKind, at, outcome } = record
  const buildings = getBuildings(record, objects)
  const timeZone = buildings[0]?.timeZone
  const facts = listFacts(record, objects, timeZone)
  return (
    <li className={styles.record}>
      <div className={styles.head}>
        <span>
          <Button className="react-aria-Button link subject" onPress={() => onFilter('actor', actor)}>
            {actorKind === 'DEMO' ? words.actorKinds.DEMO : actor.replace(/^jwt:/, '')}
          </Button>{' '}
          {actorKind === 'DEMO' ? null : <span className="muted">({words.actorKinds[actorKind]}) </span>}
          <Sentence record={record} objects={objects} />
        </span>
        {outcome === 'DONE' || (outcome === 'SCHEDULED' && record.action === 'moveOut') ? null : (
          <Badge tone={outcomeTones[outcome]}>{words.outcomes[outcome]}</Badge>
        )}
      </div>
      <div className="muted small">
        {buildings.length === 0 ? null : `${buildings.map(({ name }) => name).join(', ')} · `}
        <BuildingTime value={at} timeZone={timeZone} /> (<RelativeTime value={at} timeZone={timeZone} />)
      </div>
      {facts.length === 0 ? null : <Facts className={styles.facts} facts={facts} />}
      <Identifiers record={record} onFilter={onFilter} />
    </li>
  )
}

/** The sentence of a record, with the resident as a link. */
function Sentence({
  record,
  objects,
}: {
  readonly record: AuditRecord
  readonly objects: AuditObjects
}): ReactNode {
  return getSentence(record)
    .split(/\{(\w+)\}/)
    .map((part, index) => {
      // Every second part is the name of a placeholder.
      if (index % 2 === 0) return part
      return <Placeholder key={part} name={part} record={record} objects={objects} />
    })
}

function Placeholder({
  name,
  record,
  objects,
}: {
  readonly name: string
  readonly record: AuditRecord
  readonly objects: AuditObjects
}): ReactNode {
  if (name === 'key') return words.apiKey(getDetail(record, 'name'))
  if (name === 'endpoint') return words.endpoint(getDetail(record, 'host'))
  const resident = <ResidentName id={record.acsUserId} objects={objects} />
  if (name === 'resident') return resident
  const method = getDetail(record, 'accessMethod').toUpperCase() as AccessMethod
  return (
    <>
      {words.credentials[method] ?? words.objects.credential}
      {record.acsUserId === null ? null : (
        <>
          {' '}
          {words.of} {resident}
        </>
      )}
    </>
  )
}

function ResidentName({
  id,
  objects,
}: {
  readonly id: string | null
  readonly objects: AuditObjects
}): ReactNode {
  const resident = id === null ? undefined : objects.get(id)
  if (resident === null) return words.deletedResident
  if (resident?.__typename !== 'AcsUser') return words.objects.resident
  return <Link href={`/residents/${resident.id}`}>{resident.displayName}</Link>
}

/** The settings of an action in words. IDs, what the sentence says, and the usual graph of an API key (`whole`) are left out. */
function listFacts(
  record: AuditRecord,
  objects: AuditObjects,
  timeZone: string | null | undefined,
): readonly (readonly [label: string, value: string])[] {
  const labels: Readonly<Record<string, string>> = words.facts
  return record.details.flatMap(({ name, value }) => {
    const label = labels[name]
    if (label === undefined || value === '' || value === 'whole') return []
    return [[label, formatValue(name, value, objects, timeZone)] as const]
  })
}

function formatValue(
  name: string,
  value: string,
  objects: AuditObjects,
  timeZone: string | null | undefined,
): string {
  if (entranceDetails.includes(name) || name === 'acsSystemIds')
    return splitValue(value)
      .map((id) => nameObject(objects.get(id)))
      .join(', ')
  if (name === 'changed') return formatFields(splitValue(value))
  if (name === 'scopes') return splitValue(value).join(', ')
  if (name === 'keepUser') return value === 'true' ? texts.moveOuts.keepsUser : texts.moveOuts.removesUser
  if (name === 'graph') return texts.apiKeys.graphs.PARTNER
  return Number.isNaN(Date.parse(value)) ? value : formatTime(value, timeZone)
}

function nameObject(object: AuditObject | null | undefined): string {
  if (object === undefined) return '…'
  if (object === null) return words.deletedObject
  return 'name' in object ? object.name : 'displayName' in object ? object.displayName : words.deletedObject
}

/** The IDs of a record, which a person rarely needs. Names and access methods are in the sentence. */
function Identifiers({
  record: { action, targetType, targetId, acsUserId, acsSystemIds, details },
  onFilter,
}: {
  readonly record: AuditRecord
  readonly onFilter: (name: string, value: string) => void
}): ReactNode {
  const issued = details.find(({ name }) => name === 'issued')?.value ?? ''
  const shown = new Set([targetId, acsUserId])
  const others = details.filter(
    ({ name, value }) =>
      words.identifiers[name] !== undefined &&
      value !== '' &&
      !shown.has(value) &&
      !(name === 'acsCredentialId' && issued.includes(value)),
  )
  const facts: readonly (Fact | null)[] = [
    [words.action, action],
    targetId === null
      ? null
      : [
          words.targets[targetType],
          <>
            {targetId}{' '}
            <Button className="react-aria-Button link" onPress={() => onFilter('target', targetId)}>
              {words.showOnly}
            </Button>
          </>,
        ],
    acsUserId === null || acsUserId === targetId ? null : [words.targets.ACS_USER, acsUserId],
    (acsSystemIds ?? []).length === 0 ? null : [words.building, acsSystemIds?.join(', ')],
    ...others.map(({ name, value }): Fact => [words.identifiers[name] ?? name, splitValue(value).join(', ')]),
  ]
  return (
    <details className={styles.details}>
      <summary>{words.details}</summary>
      <Facts className={styles.facts} facts={facts.filter((fact) => fact !== null)} />
    </details>
  )
}
