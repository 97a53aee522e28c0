import { describe, expect, it } from 'vitest'
import { createSsrfGuard, type ResolveHost } from '../../src/webhook-delivery/ssrf-guard.ts'

/** Creates a resolver for these host names only. */
const resolveTo =
  (names: Record<string, readonly string[]>): ResolveHost =>
  (hostname, _options, callback) => {
    const found = names[hostname]
    if (found === undefined) callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), [])
    else
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
  }

const ssrfGuard = createSsrfGuard(
  ['hooks.internal.example', '10.0.0.5:8080', '10.0.0.6:443', '10.0.0.7:80'],
  resolveTo({
    'public.example': ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
    'inside.example': ['10.1.2.3'],
    'metadata.example': ['169.254.169.254'],
    'mapped.example': ['::ffff:127.0.0.1'],
    'azure.example': ['168.63.129.16'],
    'metadata.google.internal': ['93.184.215.14'],
    metadata: ['93.184.215.14'],
    'half.example': ['10.1.2.3', '93.184.215.14'],
  }),
)

const notPublic = /must resolve to a public IP address/

describe('the SSRF guard', () => {
  it.each([
    'https://public.example/hook',
    'https://public.example:8443/hook?token=x',
    'https://93.184.215.14/',
    'https://half.example/',
    'http://hooks.internal.example/',
    'http://hooks.internal.example:9000/x',
    'https://10.0.0.5:8080/',
    'http://10.0.0.5:8080/',
    'https://10.0.0.6/',
    'http://10.0.0.7/',
  ])('should accept %s', async (url) => {
    expect(await ssrfGuard.findObjection(url)).toBeNull()
  })

  it.each([
    ['http://public.example/', /https/],
    ['ftp://public.example/', /https/],
    ['file:///etc/passwd', /https/],
    ['nonsense', /https/],
    ['https://user:pass@public.example/', /user name or password/],
    ['https://public.example/#part', /#/],
    [`https://public.example/${'x'.repeat(2_048)}`, /2048 characters/],
    ['https://unknown.example/', notPublic],
    ['https://inside.example/', notPublic],
    ['https://metadata.example/', notPublic],
    ['https://mapped.example/', notPublic],
    ['https://localhost/', notPublic],
    ['https://127.0.0.1/', notPublic],
    ['https://2130706433/', notPublic],
    ['https://0x7f.1/', notPublic],
    ['https://0177.0.0.1/', notPublic],
    ['https://0.0.0.0/', notPublic],
    ['https://10.0.0.5/', notPublic],
    ['https://10.0.0.5:8081/', notPublic],
    ['https://10.0.0.7/', notPublic],
    ['http://10.0.0.6/', /https/],
    ['https://172.16.0.1/', notPublic],
    ['https://192.168.1.1/', notPublic],
    ['https://100.64.0.1/', notPublic],
    ['https://169.254.169.254/latest/meta-data', notPublic],
    ['https://[::1]/', notPublic],
    ['https://[::ffff:10.0.0.1]/', notPublic],
    ['https://[fd00::1]/', notPublic],
    ['https://[fe80::1]/', notPublic],
    ['https://[64:ff9b::a00:1]/', notPublic],
    ['https://[2002:a00:1::]/', notPublic],
    ['https://224.0.0.1/', notPublic],
    ['https://168.63.129.16/', notPublic],
    ['https://[::ffff:168.63.129.16]/', notPublic],
    ['https://azure.example/', notPublic],
    ['https://metadata.google.internal/', notPublic],
    ['https://METADATA.google.internal./', notPublic],
    ['https://metadata/', notPublic],
    ['https://[fd00:ec2::254]/', notPublic],
    ['https://100.100.100.200/', notPublic],
    ['https://192.0.0.192/', notPublic],
    // No address outside 2000::/3 is allocated as global unicast.
    ['https://[4000::1]/', notPublic],
    ['https://[8000::1]/', notPublic],
    ['https://[c000::1]/', notPublic],
    ['https://[e000::1]/', notPublic],
    ['https://[100::1]/', notPublic],
    ['https://[2001:db8::1]/', notPublic],
    ['https://[2001::1]/', notPublic],
    ['https://[3fff::1]/', notPublic],
    ['https://[5f00::1]/', notPublic],
    ['https://198.18.0.1/', notPublic],
    ['https://203.0.113.1/', notPublic],
    ['https://240.0.0.1/', notPublic],
    ['https://255.255.255.255/', notPublic],
  ])('should refuse %s', async (url, why) => {
    expect(await ssrfGuard.findObjection(url)).toMatch(why)
  })

  it('should resolve a host name to its public ssrfGuard only', async () => {
    const lookup = ssrfGuard.getLookup(new URL('https://half.example/'))
    const found = await new Promise((resolve) =>
      lookup?.('half.example', { all: true }, (_error, some) => resolve(some)),
    )
    expect(found).toEqual([{ address: '93.184.215.14', family: 4 }])
  })

  it('should refuse a host name that resolves to an internal address after it was accepted', async () => {
    const names: Record<string, string[]> = { 'changing.example': ['93.184.215.14'] }
    const guard = createSsrfGuard([], resolveTo(names))
    const url = 'https://changing.example/'
    expect(await guard.findObjection(url)).toBeNull()
    names['changing.example'] = ['127.0.0.1']
    const lookup = guard.getLookup(new URL(url))
    const error = await new Promise((resolve) =>
      lookup?.('changing.example', {}, (thrown) => resolve(thrown)),
    )
    expect(error).toMatchObject({ code: 'NOT_PUBLIC' })
  })
})
