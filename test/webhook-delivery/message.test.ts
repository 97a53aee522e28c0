import { describe, expect, it } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import { createChangeMessage } from '../../src/webhook-delivery/message.ts'
import { sampleChange } from '../journal/sample-changes.ts'

describe('the id of a message', () => {
  const change = { ...sampleChange('a'), offset: 4, recordedAt: '2026-07-20T12:00:00.000Z' }
  const idIn = (term: string) => {
    const source = { endpointId: 'e', position: { epoch: 'p', offset: 4 }, term, cursor: 'c' }
    return createChangeMessage(source, change, demoViewer).id
  }

  it('should differ if a failover assigned the same offset to another change', () => {
    expect(idIn('term-one')).toBe(idIn('term-one'))
    expect(new Set([idIn('term-one'), idIn('term-two'), idIn('')]).size).toBe(3)
  })
})
