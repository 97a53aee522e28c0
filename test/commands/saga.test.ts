import { expect, it } from 'vitest'
import { requireFact } from '../../src/commands/saga.ts'

it('should return a stored fact, and fail with its name if it is missing', () => {
  expect(requireFact({ clientSessionId: 'a' }, 'clientSessionId')).toBe('a')
  expect(() => requireFact({}, 'clientSessionId')).toThrow('clientSessionId')
})
