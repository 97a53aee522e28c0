export type Support = 'SUPPORTED' | 'UNSUPPORTED' | 'UNKNOWN'
export type Capability = { readonly support: Support; readonly reason: string | null }

/** What a system can do through Seam. */
export type Capabilities = {
  readonly remoteUnlock: Capability
  readonly syncIn: Capability
  readonly customCodes: Capability
  readonly remoteCodes: Capability
  readonly mobileKeys: Capability
}

const yes: Capability = { support: 'SUPPORTED', reason: null }
const no = (reason: string): Capability => ({ support: 'UNSUPPORTED', reason })
const unknown = (reason: string): Capability => ({ support: 'UNKNOWN', reason })

const latch: Capabilities = {
  remoteUnlock: no('Latch opens doors at the door only, by a phone or a PIN.'),
  syncIn: no(
    'Only people and credentials made through Seam are managed here; those made in Latch stay there.',
  ),
  customCodes: no('Latch generates every PIN itself.'),
  remoteCodes: unknown(
    'PINs reach a door remotely only through a hard-wired Latch hub, and Seam does not say whether there is one. Without it, ' +
      'somebody updates the door with the Latch Manager app.',
  ),
  mobileKeys: yes,
}

/** By Seam's `external_type`: Latch's rules for a Latch building, nothing promised for any other system (Seam's Latch guide). */
export function capabilitiesOf(externalType: string | null): Capabilities {
  if (externalType === 'latch_building') return latch
  const other = unknown('This is not a Latch building.')
  return { remoteUnlock: other, syncIn: other, customCodes: other, remoteCodes: other, mobileKeys: other }
}

/** A tri-state of Seam's as a word. */
export function supportOf(can: boolean | null): Support {
  if (can === null) return 'UNKNOWN'
  return can ? 'SUPPORTED' : 'UNSUPPORTED'
}
