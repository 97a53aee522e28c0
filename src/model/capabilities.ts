export type Support = 'SUPPORTED' | 'UNSUPPORTED' | 'UNKNOWN'
export type Capability = { readonly support: Support; readonly reason: string | null }

/** Operations that an ACS system supports through Seam. */
export type Capabilities = {
  readonly remoteUnlock: Capability
  readonly syncIn: Capability
  readonly customCodes: Capability
  readonly remoteCodes: Capability
  readonly mobileKeys: Capability
}

const supported: Capability = { support: 'SUPPORTED', reason: null }
const unsupported = (reason: string): Capability => ({ support: 'UNSUPPORTED', reason })
const unknownSupport = (reason: string): Capability => ({ support: 'UNKNOWN', reason })

const latchCapabilities: Capabilities = {
  remoteUnlock: unsupported('Latch entrances can only be unlocked at the lock, with a phone or a PIN.'),
  syncIn: unsupported(
    'Only ACS users and credentials that were created through Seam can be managed. Those created in Latch are managed in Latch.',
  ),
  customCodes: unsupported('Latch generates every PIN.'),
  remoteCodes: unknownSupport(
    'PINs reach a lock remotely only through a hard-wired Latch hub, and Seam does not report whether there is one. ' +
      'Without a hub, update the lock with the Latch Manager app.',
  ),
  mobileKeys: supported,
}

/**
 * Returns the capabilities for Seam's `external_type`: those of Latch for a Latch building, and unknown ones for every
 * other system (source: Seam's guide for Latch).
 */
export function capabilitiesOf(externalType: string | null): Capabilities {
  if (externalType === 'latch_building') return latchCapabilities
  const other = unknownSupport('This ACS system is not a Latch building.')
  return { remoteUnlock: other, syncIn: other, customCodes: other, remoteCodes: other, mobileKeys: other }
}

/** Converts a nullable boolean of Seam to a level of support. */
export function supportOf(isSupported: boolean | null): Support {
  if (isSupported === null) return 'UNKNOWN'
  return isSupported ? 'SUPPORTED' : 'UNSUPPORTED'
}
