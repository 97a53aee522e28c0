import { readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../startup-error.ts'
import { createFolder, createPrivateFile, writeFileAtomically } from './durable-files.ts'

/** The exclusive lock of a gateway on its `DATA_DIR`. */
export type DataDirLock = { release(): void }

/** How long to retry: a gateway that was just killed holds the lock until the kernel has ended the process. */
const lockTimeoutMs = 1_000
const lockRetryMs = 50
/** SQLite's error code for a database that another connection has locked. */
const sqliteBusyCode = 5

/**
 * Locks a `DATA_DIR` for this process. The lock is a SQLite file in an open exclusive transaction: the kernel ends it with the process,
 * so a crash leaves no stale lock, and containers that share the file system exclude each other as well. `gateway.pid` beside it is for
 * messages only. Rejects with `StartupError`, which names the folder and the holder's process id, while another process holds the lock.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const folder = resolve(dataDir)
  const pidFile = join(folder, 'gateway.pid')
  const db = await acquireLock(folder, pidFile)
  try {
    await writeFileAtomically(pidFile, `${process.pid} ${hostname()}\n`)
  } catch (error) {
    db.close()
    throw createUnusableError(folder, error as NodeJS.ErrnoException)
  }
  return {
    release() {
      if (!db.isOpen) return
      rmSync(pidFile, { force: true })
      db.close()
    },
  }
}

async function acquireLock(folder: string, pidFile: string): Promise<DatabaseSync> {
  for (const deadline = performance.now() + lockTimeoutMs; ; await delay(lockRetryMs)) {
    const db = tryLock(folder)
    if (db !== null) return db
    if (performance.now() > deadline) throw createInUseError(folder, readHolder(pidFile))
  }
}

/** Returns the locked database, or `null` while another process, or another gateway in this process, holds the lock. */
function tryLock(folder: string): DatabaseSync | null {
  let db: DatabaseSync | undefined
  try {
    createFolder(folder)
    const file = join(folder, 'gateway.lock')
    createPrivateFile(file)
    db = new DatabaseSync(file, { timeout: 0 })
    // Never commits anything, so a crash leaves nothing to recover.
    db.exec('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    if (db?.isOpen) db.close()
    if ((error as { errcode?: number }).errcode === sqliteBusyCode) return null
    throw createUnusableError(folder, error as NodeJS.ErrnoException)
  }
}

function readHolder(pidFile: string): string {
  try {
    const [pid = '', host = ''] = readFileSync(pidFile, 'utf8').trim().split(' ')
    if (!/^\d+$/.test(pid)) return 'pid unknown'
    return host === hostname() ? `pid ${pid}` : `pid ${pid} on host ${host}`
  } catch {
    return 'pid unknown'
  }
}

function createInUseError(folder: string, holder: string): StartupError {
  return new StartupError(
    `DATA_DIR ${folder} is in use by another gateway (${holder}): stop that one, or set DATA_DIR to another folder for this one.`,
  )
}

function createUnusableError(folder: string, error: NodeJS.ErrnoException): StartupError {
  const isFile = error.code === 'EEXIST' || error.code === 'ENOTDIR'
  const text = isFile
    ? `DATA_DIR ${folder} is a file, or a path inside a file: set DATA_DIR to a folder.`
    : `DATA_DIR ${folder} cannot be written (${error.code ?? error.message}): let this user write there, or set DATA_DIR to another folder.`
  return new StartupError(text, { cause: error })
}
