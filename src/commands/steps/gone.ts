import { SeamError } from '../../seam/errors.ts'

/** Waits for a deletion; what isn't there any more counts as deleted. */
export async function unlessGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    if (!(error instanceof SeamError && error.code === 'NOT_FOUND')) throw error
  }
}
