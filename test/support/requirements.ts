import { execFileSync } from 'node:child_process'

// Exits with 1 and names the programs and libraries that the tests need and this machine lacks: Redis, OpenSSL, libraries of the browser.
// Runs before everything else, so that a missing requirement is reported at once.

type Requirement = { readonly name: string; readonly debianPackage: string; isThere(): boolean }

const requirements: readonly Requirement[] = [
  { name: 'redis-server', debianPackage: 'redis-server', isThere: () => runs('redis-server', '--version') },
  { name: 'openssl', debianPackage: 'openssl', isThere: () => runs('openssl', 'version') },
  { name: 'libnss3.so', debianPackage: 'libnss3', isThere: () => hasLibrary('libnss3.so') },
  { name: 'libexpat.so', debianPackage: 'libexpat1', isThere: () => hasLibrary('libexpat.so') },
]

const missing = requirements.filter((requirement) => !requirement.isThere())
if (missing.length > 0) {
  const names = missing.map(({ name }) => name).join(', ')
  const packages = missing.map(({ debianPackage }) => debianPackage).join(' ')
  process.stderr.write(
    `The tests need ${names}, which this machine does not have. On Debian and Ubuntu: apt-get install ${packages}\n`,
  )
  process.exit(1)
}

function runs(command: string, argument: string): boolean {
  try {
    execFileSync(command, [argument], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Returns whether the dynamic linker finds a library. The tests use their own browser on Linux only. */
function hasLibrary(name: string): boolean {
  if (process.platform !== 'linux') return true
  return execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).includes(name)
}
