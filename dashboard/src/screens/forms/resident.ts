/** The resident for whom the forms of this folder act. */
export type FormResident = {
  readonly id: string
  readonly displayName: string
  readonly acsSystem: { readonly id: string; readonly name: string; readonly timeZone: string | null }
}

/** What every dialog of an action gets. */
export type ActionDialogProps = { readonly resident: FormResident; readonly onClose: () => void }
