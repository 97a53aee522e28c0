import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { InvalidRedisUrl, parseRedisUrl } from '../../src/redis/redis-url.ts'

const plain = { isTls: false, masterName: '', database: 0, credentials: {}, sentinelCredentials: {} }
const host = (name: string, port: number) => ({ host: name, port })

describe('a Redis URL', () => {
  it.each([
    ['redis://r', { kind: 'single', nodes: [host('r', 6379)], displayUrl: 'redis://r' }],
    ['redis://r/', { kind: 'single', nodes: [host('r', 6379)], displayUrl: 'redis://r' }],
    ['redis://[::1]:7000', { kind: 'single', nodes: [host('::1', 7000)], displayUrl: 'redis://[::1]:7000' }],
    [
      'rediss://me:p%40ss@r.example:6380/3',
      {
        kind: 'single',
        isTls: true,
        nodes: [host('r.example', 6380)],
        database: 3,
        credentials: { username: 'me', password: 'p@ss' },
        displayUrl: 'rediss://r.example:6380',
      },
    ],
    [
      'redis://:word@r',
      {
        kind: 'single',
        nodes: [host('r', 6379)],
        credentials: { password: 'word' },
        displayUrl: 'redis://r',
      },
    ],
    [
      'redis+sentinel://:word@a,b:26380/mymaster',
      {
        kind: 'sentinel',
        nodes: [host('a', 26_379), host('b', 26_380)],
        masterName: 'mymaster',
        credentials: { password: 'word' },
        displayUrl: 'redis+sentinel://a,b:26380/mymaster',
      },
    ],
    [
      'rediss+sentinel://a/mymaster/2?sentinelUser=watch&sentinelPassword=p%26w',
      {
        kind: 'sentinel',
        isTls: true,
        nodes: [host('a', 26_379)],
        masterName: 'mymaster',
        database: 2,
        sentinelCredentials: { username: 'watch', password: 'p&w' },
        displayUrl: 'rediss+sentinel://a/mymaster',
      },
    ],
    [
      'redis+sentinel://a/mymaster?sentinelPassword=p@w',
      {
        kind: 'sentinel',
        nodes: [host('a', 26_379)],
        masterName: 'mymaster',
        sentinelCredentials: { password: 'p@w' },
        displayUrl: 'redis+sentinel://a/mymaster',
      },
    ],
    [
      'redis+cluster://a:7000,b:7001',
      {
        kind: 'cluster',
        nodes: [host('a', 7000), host('b', 7001)],
        displayUrl: 'redis+cluster://a:7000,b:7001',
      },
    ],
    [
      'rediss+cluster://a',
      { kind: 'cluster', isTls: true, nodes: [host('a', 6379)], displayUrl: 'rediss+cluster://a' },
    ],
  ])('should be parsed: %s', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual({ ...plain, ...expected })
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url)
  })

  it.each([
    ['http://:hunter2@r', 'a URL like redis://'],
    ['redis:hunter2', 'a URL like redis://'],
    ['redis://hunter2@', 'a URL like redis://'],
    ['redis://:hunter2@r:70000', 'a URL like redis://'],
    ['redis://:hunter2@a,b', 'a single host; several are for redis+sentinel://'],
    ['redis://:hunter2@r/hunter2', 'the number of a database'],
    ['redis://:hunter2@r/0/1', 'the number of a database'],
    ['redis://:hunter2@r?tls=hunter2', 'no parameters but sentinelUser and sentinelPassword'],
    ['redis://:%hunter2@r', 'a user and a password in which every % begins an escape'],
    ...['@', '/', '?', '#', 'a@b/'].map((between): [string, string] => [
      `redis://me:hunter2${between}hunter2@r:6379`,
      'a user and a password in which @, /, ? and # are escaped',
    ]),
    ['redis+sentinel://:hunter2@a:26379', 'the name of the master after the hosts'],
    ['redis+sentinel://:hunter2@a:26379/mymaster/x', 'the number of a database'],
    ['redis+sentinel://a/mymaster?password=hunter2', 'no parameters but sentinelUser and sentinelPassword'],
    ['redis+sentinel://:hunter2@a,,b/mymaster', 'a URL like redis://'],
    ['redis+cluster://:hunter2@a/1', 'nothing after the hosts'],
    ['redis+cluster://', 'a URL like redis://'],
  ])('should be rejected with the expected form, and without its secrets: %s', (url, expected) => {
    expect(() => parseRedisUrl(url)).toThrow(InvalidRedisUrl)
    expect(() => readConfig({ REDIS_URL: url })).toThrow(
      `REDIS_URL has an invalid value; expected ${expected}`,
    )
    try {
      readConfig({ REDIS_URL: url })
    } catch (error) {
      expect(String(error)).not.toContain('hunter2')
    }
  })
})
