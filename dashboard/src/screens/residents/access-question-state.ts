import { useSearchParams } from 'wouter'

/** Which entrance and time the access check is about. Without a time it is about now. */
export type AccessQuestionState = { readonly entranceId: string | null; readonly at: string | null }

/** ID of the element with the question, for links to it: `/residents/<id>#why`. */
export const questionElementId = 'why'

/** The question as it is in the address: `?entrance=…&at=…`. */
export function useAccessQuestion(): AccessQuestionState & { ask(question: AccessQuestionState): void } {
  const [parameters, setParameters] = useSearchParams()
  const at = parameters.get('at')
  return {
    entranceId: parameters.get('entrance'),
    at: at !== null && Number.isNaN(Date.parse(at)) ? null : at,
    ask({ entranceId, at }) {
      const next = new URLSearchParams()
      if (entranceId !== null) next.set('entrance', entranceId)
      if (at !== null) next.set('at', at)
      // The question is part of the resident's page: "Back" leads to where one came from.
      setParameters(next, { replace: true })
      document.getElementById(questionElementId)?.scrollIntoView({ block: 'nearest' })
    },
  }
}
