import { type ReactNode, useId, useState } from 'react'
import { Input, Label, ListBox, ListBoxItem, Text, TextField } from 'react-aria-components'
import { Skeleton } from '../../components/states.tsx'
import type { EntranceRowFragment } from '../../graph/generated/graphql.ts'
import type { AllPages } from '../../graph/live-list.ts'
import { texts } from '../../texts.ts'
import styles from './entrance-choice.module.css'

/** From how many entrances on they can be found by typing. */
const searchableCount = 12

/**
 * Chooses entrances for a mobile key or for PINs. Only entrances that can be unlocked in this way are offered. The list is one stop of the
 * tab key; arrow keys move in it, and the space bar chooses.
 */
export function EntranceChoice({
  label,
  method,
  entrances,
  selected,
  onChange,
  isSingle = false,
  errors = [],
}: {
  readonly label: string
  readonly method: 'code' | 'mobileKey'
  readonly entrances: AllPages<EntranceRowFragment>
  readonly selected: readonly string[]
  readonly onChange: (ids: readonly string[]) => void
  readonly isSingle?: boolean
  readonly errors?: readonly string[]
}): ReactNode {
  const [search, setSearch] = useState('')
  const id = useId()
  const usable = entrances.nodes.filter(({ unlockWith }) => unlockWith[method] !== 'UNSUPPORTED')
  const unusableCount = entrances.nodes.length - usable.length
  const shown = usable.filter(({ displayName }) => matches(displayName, search))
  const hasErrors = errors.length > 0

  function select(ids: readonly string[]): void {
    // Entrances that the search hides stay chosen.
    const hidden = isSingle
      ? []
      : selected.filter((chosen) => !shown.some((entrance) => entrance.id === chosen))
    onChange([...hidden, ...ids])
  }

  return (
    <div className={styles.choice} data-invalid={hasErrors || undefined}>
      <div className={styles.header}>
        <span id={`${id}-label`} className="react-aria-Label">
          {label}
        </span>
        <span className="muted small" aria-live="polite">
          {isSingle ? null : texts.forms.chosen(selected.length)}
        </span>
      </div>
      {usable.length <= searchableCount ? null : (
        <TextField value={search} onChange={setSearch} aria-label={texts.forms.findEntrance(label)}>
          <Label className="visually-hidden">{texts.forms.findEntrance(label)}</Label>
          <Input placeholder={texts.forms.findEntranceHint} />
        </TextField>
      )}
      {entrances.nodes.length === 0 && !entrances.isComplete ? (
        <Skeleton />
      ) : (
        <ListBox
          aria-labelledby={`${id}-label`}
          {...(hasErrors && { 'aria-describedby': `${id}-errors` })}
          className={`${styles.list} ${isSingle ? styles.single : ''}`}
          selectionMode={isSingle ? 'single' : 'multiple'}
          selectionBehavior="toggle"
          items={shown}
          selectedKeys={selected}
          onSelectionChange={(keys) =>
            select(keys === 'all' ? shown.map(({ id }) => id) : [...keys].map(String))
          }
          renderEmptyState={() => <span className="muted small">{texts.forms.noEntrance}</span>}
        >
          {(entrance) => (
            <ListBoxItem id={entrance.id} textValue={entrance.displayName} className={styles.item ?? ''}>
              {/* One label, so that the name of the option is the text that is seen. */}
              <Text slot="label">
                {entrance.displayName}
                {entrance.unlockWith[method] === 'UNKNOWN' ? (
                  <span className={`muted small ${styles.support}`}>
                    {' '}
                    {texts.forms.unknownSupport[method]}
                  </span>
                ) : null}
              </Text>
            </ListBoxItem>
          )}
        </ListBox>
      )}
      {/* Below the list, which stays in its place when an entrance is chosen. */}
      {selected.length === 0 ? null : <p className="small">{listNames(usable, selected)}</p>}
      {unusableCount === 0 ? null : (
        <p className="muted small">{texts.forms.unsupported[method](unusableCount)}</p>
      )}
      {hasErrors ? (
        <p id={`${id}-errors`} role="alert" className="react-aria-FieldError">
          {errors.join(' ')}
        </p>
      ) : null}
    </div>
  )
}

/** The names of the chosen entrances, which may be outside the visible part of the list. */
function listNames(entrances: readonly EntranceRowFragment[], selected: readonly string[]): string {
  return entrances
    .filter(({ id }) => selected.includes(id))
    .map(({ displayName }) => displayName)
    .join(', ')
}

function matches(name: string, search: string): boolean {
  const text = name.toLocaleLowerCase('en')
  return search
    .toLocaleLowerCase('en')
    .split(/\s+/)
    .every((word) => text.includes(word))
}
