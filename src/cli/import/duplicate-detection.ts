import { emailComparisonKey, phoneComparisonKey } from '../../model/contacts.ts'
import { foldText } from '../../model/text-search.ts'
import type { CsvRow } from './csv-table.ts'

/** The name and contact details of a resident in the file, or of an ACS user in the building. An empty string means unknown. */
export type PersonDetails = {
  readonly fullName: string
  readonly emailAddress: string
  readonly phoneNumber: string
}

/** An existing ACS user in the building. */
export type ExistingUser = PersonDetails & { readonly seamId: string }

/** A possible duplicate: a problem, which refuses the row, or a note, which is printed in a dry run. `null` if there is none. */
export type DuplicateFinding = { readonly problem: string } | { readonly note: string } | null

/** Creates an index of rows by e-mail address, phone number and name. */
function createPersonIndex<Row>(toPersonDetails: (row: Row) => PersonDetails) {
  const emails = new Map<string, Row>()
  const phones = new Map<string, Row>()
  const names = new Map<string, Row[]>()
  const createComparisonKeys = (row: Row) => {
    const { fullName, emailAddress, phoneNumber } = toPersonDetails(row)
    return {
      email: emailAddress === '' ? null : emailComparisonKey(emailAddress),
      phone: phoneNumber === '' ? null : phoneComparisonKey(phoneNumber),
      name: foldText(fullName),
    }
  }
  /** Whether two rows with the same name have different e-mail addresses or phone numbers. */
  const isDifferentPerson = (
    a: ReturnType<typeof createComparisonKeys>,
    b: ReturnType<typeof createComparisonKeys>,
  ): boolean =>
    (a.email !== null && b.email !== null && a.email !== b.email) ||
    (a.phone !== null && b.phone !== null && a.phone !== b.phone)
  return {
    add(row: Row, hasOwnPhone = true): void {
      const { email, phone, name } = createComparisonKeys(row)
      if (email !== null && !emails.has(email)) emails.set(email, row)
      if (phone !== null && hasOwnPhone && !phones.has(phone)) phones.set(phone, row)
      names.set(name, [...(names.get(name) ?? []), row])
    },
    findByEmail: (person: PersonDetails): Row | undefined =>
      person.emailAddress === '' ? undefined : emails.get(emailComparisonKey(person.emailAddress)),
    findByPhone: (person: PersonDetails): Row | undefined =>
      person.phoneNumber === '' ? undefined : phones.get(phoneComparisonKey(person.phoneNumber)),
    /** Returns the first row with the same name and no different e-mail address or phone number. */
    findByName(row: Row): Row | undefined {
      const keys = createComparisonKeys(row)
      return names.get(keys.name)?.find((each) => !isDifferentPerson(createComparisonKeys(each), keys))
    },
  }
}

/** Creates a function that takes a file's rows in order and compares each with the rows before it. */
export function createDuplicateFinder(): (row: CsvRow) => DuplicateFinding {
  const earlierRows = createPersonIndex(toPersonDetails)
  return (row) => {
    const finding = findDuplicate(row, earlierRows)
    // With sameUser=false the row does not own its phone number, so later rows may have it as well.
    earlierRows.add(row, row.fields.sameUser !== 'false')
    return finding
  }
}

function findDuplicate(
  row: CsvRow,
  earlierRows: ReturnType<typeof createPersonIndex<CsvRow>>,
): DuplicateFinding {
  const person = toPersonDetails(row)
  const { sameUser = '' } = row.fields
  const byEmail = earlierRows.findByEmail(person)
  if (byEmail !== undefined)
    return {
      problem: `It has the same e-mail address as line ${byEmail.line}, and Latch accepts each address only once in a building. ${oneLineAdvice}`,
    }
  const byPhone = sameUser === 'false' ? undefined : earlierRows.findByPhone(person)
  if (byPhone !== undefined) return { problem: describePhoneProblem(person, sameUser, byPhone) }
  const byName = earlierRows.findByName(row)
  return byName === undefined ? null : { note: `It has the same name as line ${byName.line}.` }
}

const oneLineAdvice = 'If it is the same resident, put all their doors into one line.'

function describePhoneProblem(
  { fullName }: PersonDetails,
  sameUser: string,
  { line, fields }: CsvRow,
): string {
  if (sameUser === 'true') return `It is the same resident as line ${line}. ${oneLineAdvice}`
  const isSameName = foldText(fullName) === foldText(fields.fullName ?? '')
  const shared = isSameName
    ? `It has the same name and phone number as line ${line}.`
    : `It has the same phone number as line ${line}, but a different name.`
  return `${shared} ${oneLineAdvice} If it is another resident, write false into the column sameUser.`
}

/** Creates a function that describes the existing ACS user who may be the resident of a row, or returns `null` if there is none. */
export function createExistingUserFinder(
  existingUsers: readonly ExistingUser[],
): (row: CsvRow) => string | null {
  const userIndex = createPersonIndex<PersonDetails & { readonly seamId?: string }>((person) => person)
  for (const existingUser of existingUsers) userIndex.add(existingUser)
  return (row) => {
    const person = toPersonDetails(row)
    const candidates = [
      [userIndex.findByEmail(person), 'e-mail address'],
      [userIndex.findByPhone(person), 'phone number'],
      [userIndex.findByName(person), 'name'],
    ] as const
    const [existingUser, shared] = candidates.find(([each]) => each !== undefined) ?? []
    if (existingUser === undefined) return null
    return `${existingUser.fullName} (ACS user ${existingUser.seamId}) already exists in the building, with the same ${shared}.`
  }
}

function toPersonDetails({ fields }: CsvRow): PersonDetails {
  const { fullName = '', emailAddress = '', phoneNumber = '' } = fields
  return { fullName, emailAddress, phoneNumber }
}
