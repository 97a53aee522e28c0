import { type LookupAddress, type LookupAllOptions, lookup as lookUpName } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Resolves all addresses of a host, as `dns.lookup` does. */
export type ResolveHost = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/**
 * Decides which URLs the gateway can send to. A partner must not reach hosts that only the gateway can reach: this machine, its network,
 * the cloud's metadata service.
 */
export type SsrfGuard = {
  /** Returns what is wrong with a URL, as a message for its owner, or `null` if it can be used. Queries DNS. */
  findObjection(url: string): Promise<string | null>
  /**
   * Returns the lookup function for the host's connections, or `null` if the host is not allowed. The lookup returns only allowed addresses, and
   * the connection uses its result, so that a name cannot resolve to another address in between.
   */
  getLookup(url: URL): LookupFunction | null
}

/** The host is not allowed. */
export class AddressNotPublic extends Error {
  override readonly name = 'AddressNotPublic'
  readonly code = 'NOT_PUBLIC'

  constructor() {
    super('the host of the URL does not resolve to a public IP address')
  }
}

const maxUrlLength = 2_048

/** `internalHosts` are allowed although they are internal, also by http: `host`, or `host:port` for that port only. */
export function createSsrfGuard(
  internalHosts: readonly string[],
  resolve: ResolveHost = lookUpName,
): SsrfGuard {
  const internalHostNames = new Set(internalHosts.map((host) => host.toLowerCase()))
  const isInternal = ({ hostname, port, protocol }: URL): boolean =>
    internalHostNames.has(hostname) ||
    internalHostNames.has(`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`)

  const lookUpPublicAddresses: LookupFunction = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const publicAddresses = error === null ? found.filter(({ address }) => isPublic(address)) : []
      const [first] = publicAddresses
      if (error !== null) callback(error, '', 0)
      else if (first === undefined) callback(new AddressNotPublic(), '', 0)
      else if (options.all === true) callback(null, publicAddresses)
      else callback(null, first.address, first.family)
    })
  }

  function getLookup(url: URL): LookupFunction | null {
    if (isInternal(url)) return lookUpName
    // A host that is an address is never looked up.
    const literal = parseIpLiteral(url.hostname)
    if (isMetadataHost(url.hostname)) return null
    return url.protocol === 'https:' && (literal === null || isPublic(literal)) ? lookUpPublicAddresses : null
  }

  async function isReachable(url: URL): Promise<boolean> {
    const lookUpHost = getLookup(url)
    if (lookUpHost === null || isInternal(url) || parseIpLiteral(url.hostname) !== null)
      return lookUpHost !== null
    return new Promise((answer) => lookUpHost(url.hostname, { all: true }, (error) => answer(error === null)))
  }

  return {
    getLookup,
    async findObjection(text) {
      const url = URL.parse(text)
      if (url === null || (url.protocol !== 'https:' && !isInternal(url)))
        return 'The URL must start with https://.'
      if (text.length > maxUrlLength) return `The URL can have at most ${maxUrlLength} characters.`
      if (url.username !== '' || url.password !== '')
        return 'The URL must not contain a user name or password. Verify the signature of the messages instead.'
      if (url.hash !== '') return 'The URL must not contain a fragment (#).'
      // Unresolvable and internal hosts get the same message, so that it does not reveal the names of an internal network.
      return (await isReachable(url)) ? null : 'The host of the URL must resolve to a public IP address.'
    },
  }
}

/** Returns the address of a URL's host, or `null` if the host is a name. */
function parseIpLiteral(hostname: string): string | null {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(bare) ? bare : null
}

/** IPv6 global unicast addresses (RFC 4291, section 2.4; IANA's registry). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/** Metadata hosts of clouds, which return credentials to internal clients and whose addresses can look public. */
const metadataHosts = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.tencentyun.com',
  'metadata.azure.internal',
])
/** Azure's host services. The address is public, but answers internal clients only. */
const metadataAddresses = new Set(['168.63.129.16'])

function isMetadataHost(hostname: string): boolean {
  return metadataHosts.has(hostname.replace(/\.$/, '').toLowerCase())
}

/** Returns whether an address is public: not of this machine, a private network, a tunnel or a special purpose. */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  // An IPv4 address in IPv6 notation is checked as IPv4.
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast' || metadataAddresses.has(parsed.toString())) return false
  return parsed.kind() === 'ipv4' || parsed.match(globalUnicast)
}
