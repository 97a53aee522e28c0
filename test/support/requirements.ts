import { execFileSync } from 'node:child_process'

// Ends with 1 and names what the tests start and this machine lacks: Redis servers, certificates, and the libraries of the browser.
// It runs before everything else, so that nobody waits for the tests to learn it.

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

/** Whether the dynamic linker finds it. Only Linux has the browser of the tests. */
function hasLibrary(name: string): boolean {
  if (process.platform !== 'linux') return true
  return execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).includes(name)
}
