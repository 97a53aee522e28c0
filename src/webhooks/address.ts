import { type LookupAddress, type LookupAllOptions, lookup as lookUpName } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Finds all of a host's addresses, as `dns.lookup` does. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/**
 * Decides where may be sent to. Whoever names an address must not reach by it what only the gateway can: this machine, the network
 * it's in, the cloud's metadata.
 */
export type Addresses = {
  /** What is wrong with an address as it's given, for its owner; `null` for one that may be tried. Asks DNS. */
  objection(url: string): Promise<string | null>
  /**
   * How to look its host up at the moment of sending; `null` where nothing may be sent. It answers only addresses that may be sent to,
   * and what it answers is what is connected to: a name can't turn into another address between look and connection.
   */
  lookupOf(url: URL): LookupFunction | null
}

/** The host is none that may be sent to. */
export class NotPublic extends Error {
  override readonly name = 'NotPublic'
  readonly code = 'NOT_PUBLIC'

  constructor() {
    super('its host does not resolve to a public address')
  }
}

const lengthAtMost = 2_048

/** `internalHosts` are let through though they're internal, by http as well: `host`, or `host:port` for that port alone. */
export function createAddresses(internalHosts: readonly string[], resolve: Resolve = lookUpName): Addresses {
  const names = new Set(internalHosts.map((host) => host.toLowerCase()))
  const isInternal = ({ hostname, port, protocol }: URL): boolean =>
    names.has(hostname) || names.has(`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`)

  const lookup: LookupFunction = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const open = error === null ? found.filter(({ address }) => isPublic(address)) : []
      const [first] = open
      if (error !== null) callback(error, '', 0)
      else if (first === undefined) callback(new NotPublic(), '', 0)
      else if (options.all === true) callback(null, open)
      else callback(null, first.address, first.family)
    })
  }

  function lookupOf(url: URL): LookupFunction | null {
    if (isInternal(url)) return lookUpName
    // A host that is an address already is never looked up.
    const literal = literalOf(url.hostname)
    return url.protocol === 'https:' && (literal === null || isPublic(literal)) ? lookup : null
  }

  async function isReachable(url: URL): Promise<boolean> {
    const look = lookupOf(url)
    if (look === null || isInternal(url) || literalOf(url.hostname) !== null) return look !== null
    return new Promise((answer) => look(url.hostname, { all: true }, (error) => answer(error === null)))
  }

  return {
    lookupOf,
    async objection(text) {
      const url = URL.parse(text)
      if (url === null || (url.protocol !== 'https:' && !isInternal(url)))
        return 'It must be an address that begins with https://.'
      if (text.length > lengthAtMost) return `It may have at most ${lengthAtMost} characters.`
      if (url.username !== '' || url.password !== '')
        return 'It must not hold a name or a password. Messages are signed: check that instead.'
      if (url.hash !== '') return 'It must not have a part behind #: that is never sent.'
      // What doesn't resolve and what isn't public are told alike: the names inside a network are nobody's business.
      return (await isReachable(url)) ? null : 'Its host must resolve to a public address, and does not.'
    },
  }
}

/** The address that a URL's host is; `null` for a name. */
function literalOf(hostname: string): string | null {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(bare) ? bare : null
}

/** Whether an address belongs to anybody out there: not to this machine, a private network, a tunnel, or a special purpose. */
function isPublic(address: string): boolean {
  // An IPv4 address in the clothes of IPv6 is judged as what it is.
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'
}
