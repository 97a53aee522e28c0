import { type ReactNode, useRef, useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { texts } from '../../texts.ts'
import styles from './settings.module.css'

/** Shows a new API key or secret once, with a button to copy it. Escape does not close it, because the text would be lost. */
export function SecretOnce({
  title,
  label,
  value,
  usage,
  onDone,
}: {
  readonly title: string
  readonly label: string
  /** `null` if the response with the text was lost. */
  readonly value: string | null
  readonly usage: string
  readonly onDone: () => void
}): ReactNode {
  return (
    <ModalDialog title={title} isOpen onClose={() => undefined}>
      {value === null ? (
        <p className={styles.warning}>{texts.settings.cannotBeShown}</p>
      ) : (
        <>
          <p className={styles.warning}>{texts.settings.shownOnce}</p>
          <CopyField label={label} value={value} />
          <p className="muted small">{usage}</p>
        </>
      )}
      <div className={styles.buttons}>
        <Button className="react-aria-Button primary" onPress={onDone}>
          {value === null ? texts.form.close : texts.settings.done}
        </Button>
      </div>
    </ModalDialog>
  )
}

function CopyField({ label, value }: { readonly label: string; readonly value: string }): ReactNode {
  const input = useRef<HTMLInputElement>(null)
  const [isCopied, setIsCopied] = useState(false)
  async function copy(): Promise<void> {
    // Selected as well: without a secure connection, the browser has no clipboard for pages.
    input.current?.select()
    try {
      await navigator.clipboard.writeText(value)
      setIsCopied(true)
    } catch {
      setIsCopied(false)
    }
  }
  return (
    <div className={styles.secret}>
      <TextField value={value} isReadOnly>
        <Label>{label}</Label>
        <Input ref={input} autoComplete="off" spellCheck={false} />
      </TextField>
      <Button onPress={() => void copy()}>
        <span aria-live="polite">{isCopied ? texts.settings.copied : texts.settings.copy}</span>
      </Button>
    </div>
  )
}
