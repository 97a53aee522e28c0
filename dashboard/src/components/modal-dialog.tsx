import type { ReactNode } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'

/** A dialog over the page. It is closed with Escape, by its own buttons, or by `onClose`. */
export function ModalDialog({
  title,
  isOpen,
  onClose,
  role = 'dialog',
  children,
}: {
  readonly title: string
  readonly isOpen: boolean
  readonly onClose: () => void
  /** `alertdialog` for a confirmation. */
  readonly role?: 'dialog' | 'alertdialog'
  readonly children: ReactNode
}): ReactNode {
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable={false}>
      <Modal>
        <Dialog role={role}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
