import { useSearchParams } from 'wouter'

/**
 * The query of the address, in which a screen keeps its filters, and a function that sets one parameter. An empty value removes it. With
 * `replace`, "Back" leads to the previous screen, otherwise to the previous value.
 */
export function useAddressParameters(
  options: { readonly replace?: boolean } = {},
): readonly [URLSearchParams, (name: string, value: string) => void] {
  const [parameters, setParameters] = useSearchParams()
  function setParameter(name: string, value: string): void {
    setParameters((previous) => {
      const next = new URLSearchParams(previous)
      if (value === '') next.delete(name)
      else next.set(name, value)
      return next
    }, options)
  }
  return [parameters, setParameter]
}
