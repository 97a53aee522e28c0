import type { ReactNode } from 'react'

/** Outlines on a grid of 16 × 16, in the color of the text beside them. They are hidden from screen readers. */
const outlines = {
  calendar:
    'M5 1.5v3m6-3v3M2 6.5h12M3.5 3h9A1.5 1.5 0 0 1 14 4.5v8a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 12.5v-8A1.5 1.5 0 0 1 3.5 3Z',
  check: 'm3.5 8.5 3 3 6-7',
  down: 'm4 6 4 4 4-4',
  left: 'm10 4-4 4 4 4',
  person: 'M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8Zm-5.5 6a5.5 5.5 0 0 1 11 0',
  right: 'm6 4 4 4-4 4',
  warning:
    'M8 6v3.5m0 2.25v.01M7.1 2.6 1.8 12a1 1 0 0 0 .9 1.5h10.6a1 1 0 0 0 .9-1.5L8.9 2.6a1 1 0 0 0-1.8 0Z',
} as const

export function Icon({ name }: { readonly name: keyof typeof outlines }): ReactNode {
  return (
    <svg
      aria-hidden="true"
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={outlines[name]} />
    </svg>
  )
}
