import { SeamError } from '../../seam/errors.ts'

/** Waits for a deletion. Resolves if Seam no longer has the object. */
export async function ignoreNotFound(deletion: Promise<void>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    if (!(error instanceof SeamError && error.code === 'NOT_FOUND')) throw error
  }
}
