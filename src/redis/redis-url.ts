/** The address of a Redis: one server, the Sentinels of a master, or some nodes of a Cluster. */
export type RedisAddress = {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  readonly isTls: boolean
  /** The server, Sentinels, or nodes of the Cluster. */
  readonly nodes: readonly [RedisHost, ...RedisHost[]]
  /** The master's name in the Sentinels' configuration; empty unless `kind` is `sentinel`. */
  readonly masterName: string
  readonly database: number
  /** For the server, the master, or every node of the Cluster. */
  readonly credentials: RedisCredentials
  readonly sentinelCredentials: RedisCredentials
  /** The URL for messages, without user, password and parameters. */
  readonly displayUrl: string
}

export type RedisHost = { readonly host: string; readonly port: number }
export type RedisCredentials = { readonly username?: string; readonly password?: string }

/** The text is not a valid Redis URL. The message says what was expected, and does not contain the text, which may have a password. */
export class InvalidRedisUrl extends Error {
  override readonly name = 'InvalidRedisUrl'
}

const urlPattern =
  /^(?<protocol>rediss?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^/?#]*)@)?(?<hosts>[^@/?#]*)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/
const hostPattern = /^(?<host>\[[0-9a-f:.]+\]|[\w.-]+)(?::(?<port>\d{1,5}))?$/i
const expectedForms =
  'a URL like redis://host:6379, redis+sentinel://host:26379,host2:26379/mymaster or redis+cluster://host:6379,host2:6379, each with rediss for TLS'
/** Matches an @ that is not the separator of credentials and hosts. */
const unescapedPattern = /[@/?#].*@/
const sentinelParameters = ['sentinelUser', 'sentinelPassword']

/**
 * Parses `redis[s]://[[user]:password@]host[:port][/database]`, `redis[s]+sentinel://[[user]:password@]host[:port][,…]/master[/database]`
 * with `?sentinelUser=…&sentinelPassword=…` where the Sentinels have their own, or `redis[s]+cluster://[[user]:password@]host[:port][,…]`.
 * Throws `InvalidRedisUrl`.
 */
export function parseRedisUrl(url: string): RedisAddress {
  if (unescapedPattern.test(url.replace(/^[^:]*:\/\/|\?sentinel(User|Password)=.*$/g, '')))
    throw new InvalidRedisUrl(
      'a user and a password in which @, /, ? and # are escaped: %40, %2F, %3F and %23',
    )
  const parts = urlPattern.exec(url)?.groups
  if (parts === undefined) throw new InvalidRedisUrl(expectedForms)
  const { protocol = '', user = '', hosts = '', path = '' } = parts
  const kind = (parts.kind ?? 'single') as RedisAddress['kind']
  const defaultPort = kind === 'sentinel' ? 26_379 : 6_379
  const [firstHost = '', ...otherHosts] = hosts.split(',')
  const parseHost = (host: string): RedisHost => readHost(host, defaultPort)
  const nodes = [parseHost(firstHost), ...otherHosts.map(parseHost)] as const
  if (kind === 'single' && nodes.length > 1)
    throw new InvalidRedisUrl('a single host; several are for redis+sentinel:// and redis+cluster://')
  const query = new URLSearchParams(parts.query)
  if ([...query.keys()].some((name) => kind !== 'sentinel' || !sentinelParameters.includes(name)))
    throw new InvalidRedisUrl('no parameters but sentinelUser and sentinelPassword of redis+sentinel://')
  return {
    kind,
    isTls: protocol === 'rediss',
    nodes,
    ...readPath(path, kind),
    credentials: readCredentials(user),
    sentinelCredentials: createCredentials(query.get('sentinelUser'), query.get('sentinelPassword')),
    displayUrl: `${url.slice(0, url.indexOf('://'))}://${hosts}${kind === 'sentinel' ? `/${path.split('/')[0]}` : ''}`,
  }
}

function readHost(text: string, defaultPort: number): RedisHost {
  const { host, port } = hostPattern.exec(text)?.groups ?? {}
  if (host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535)
    throw new InvalidRedisUrl(expectedForms)
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? defaultPort) }
}

function readPath(path: string, kind: RedisAddress['kind']): { masterName: string; database: number } {
  if (kind === 'cluster' && path !== '')
    throw new InvalidRedisUrl('nothing after the hosts of redis+cluster://; a Cluster has no other database')
  const [masterName = '', database = '', ...rest] = kind === 'sentinel' ? path.split('/') : ['', path]
  if (kind === 'sentinel' && !/^[\w.-]+$/.test(masterName))
    throw new InvalidRedisUrl(
      'the name of the master after the hosts, as in redis+sentinel://host:26379,host2:26379/mymaster',
    )
  if (!/^\d{0,4}$/.test(database) || rest.length > 0)
    throw new InvalidRedisUrl('the number of a database, or nothing, at the end of the path')
  return { masterName, database: Number(database) }
}

function readCredentials(text: string): RedisCredentials {
  const colonIndex = text.indexOf(':')
  try {
    if (colonIndex === -1) return createCredentials(decodeURIComponent(text), null)
    return createCredentials(
      decodeURIComponent(text.slice(0, colonIndex)),
      decodeURIComponent(text.slice(colonIndex + 1)),
    )
  } catch {
    throw new InvalidRedisUrl('a user and a password in which every % begins an escape such as %40')
  }
}

function createCredentials(username: string | null, password: string | null): RedisCredentials {
  return { ...(username && { username }), ...(password && { password }) }
}
