import { type ReactNode, useState } from 'react'
import { Card } from '../../components/screen.tsx'
import type { FormsStepsFragment } from '../../graph/generated/graphql.ts'
import { useChanges } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import formStyles from '../forms/forms.module.css'
import { Steps } from '../forms/steps.tsx'

/** The steps of a move-in that is being carried out. Each is done when its change arrives. */
export function MoveInProgress({
  name,
  hasMobileKey,
  codeCount,
}: {
  readonly name: string
  readonly hasMobileKey: boolean
  readonly codeCount: number
}): ReactNode {
  const [userId, setUserId] = useState<string | null>(null)
  const [credentials, setCredentials] = useState<ReadonlySet<string>>(new Set())
  useChanges((changes) => {
    let id = userId
    const arrived = new Set(credentials)
    for (const change of changes) {
      if (change.__typename === 'UserChange' && change.kind === 'CREATED')
        if (change.acsUser?.fullName === name.trim()) id = change.subjectId
      if (change.__typename === 'CredentialChange' && change.credential?.acsUser?.id === id)
        arrived.add(change.subjectId)
    }
    setUserId(id)
    setCredentials(arrived)
  })
  const names = [
    'createAcsUser',
    ...(hasMobileKey ? ['issueMobileKey'] : []),
    ...Array.from({ length: codeCount }, () => 'issueCode'),
  ]
  const doneCount = (userId === null ? 0 : 1) + credentials.size
  const steps = names.map((step, index): FormsStepsFragment => {
    const status = index < doneCount ? 'DONE' : index === doneCount ? 'STARTED' : 'PENDING'
    return { name: step, status, message: null }
  })
  return (
    <div role="status">
      <Card title={texts.moveIn.sending(name)}>
        <Steps steps={steps} />
      </Card>
    </div>
  )
}

/** The steps of a move-in that failed: which step, why, and what was undone. */
export function UndoneSteps({ steps }: { readonly steps: readonly FormsStepsFragment[] }): ReactNode {
  if (steps.length === 0) return null
  return (
    <div role="alert" className={formStyles.note}>
      <p>{texts.moveIn.undone}</p>
      <Steps steps={steps} />
    </div>
  )
}
