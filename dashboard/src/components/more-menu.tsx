import type { ReactNode } from 'react'
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { texts } from '../texts.ts'
import { Icon } from './icons.tsx'

export type MenuAction<Id extends string> = {
  readonly id: Id
  readonly label: string
  readonly isDestructive?: boolean
}

/** The button “More” with a menu of actions. Destructive actions are the last ones in the menu. */
export function MoreMenu<Id extends string>({
  label,
  actions,
  onAction,
}: {
  /** Name of the button for screen readers. */
  readonly label: string
  readonly actions: readonly MenuAction<Id>[]
  readonly onAction: (id: Id) => void
}): ReactNode {
  const ordered = actions.toSorted(
    (a, b) => Number(a.isDestructive ?? false) - Number(b.isDestructive ?? false),
  )
  return (
    <MenuTrigger>
      <Button aria-label={label}>
        {texts.navigation.more} <Icon name="down" />
      </Button>
      <Popover placement="bottom end">
        <Menu onAction={(key) => onAction(key as Id)}>
          {ordered.map(({ id, label, isDestructive = false }) => (
            <MenuItem
              key={id}
              id={id}
              className={`react-aria-MenuItem ${isDestructive ? 'destructive' : ''}`}
            >
              {label}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
