import { createSeededRandom } from '../seeded-random.ts'

const firstNames = [
  'Amara',
  'Ben',
  'Carmen',
  'Dmitri',
  'Elif',
  'Farid',
  'Grace',
  'Hiro',
  'Ines',
  'Jonas',
  'Kwame',
  'Lena',
  'Mateo',
  'Nadia',
  'Omar',
  'Priya',
  'Quentin',
  'Rosa',
  'Samuel',
  'Tove',
  'Uma',
  'Viktor',
  'Wen',
  'Ximena',
  'Yusuf',
  'Zoe',
  'Anika',
  'Bruno',
  'Chloe',
  'Daniel',
  'Esther',
  'Felix',
  'Gloria',
  'Hamza',
  'Iris',
  'Joao',
  'Katya',
  'Liam',
]

const lastNames = [
  'Abebe',
  'Bauer',
  'Castillo',
  'Dubois',
  'Eriksen',
  'Fischer',
  'Garcia',
  'Haddad',
  'Ito',
  'Johnson',
  'Kowalski',
  'Lindqvist',
  'Moreau',
  'Nguyen',
  'Okafor',
  'Petrov',
  'Quinn',
  'Rossi',
  'Santos',
  'Tanaka',
  'Usman',
  'Vargas',
  'Walsh',
  'Xu',
  'Yilmaz',
  'Zhang',
  'Andersson',
  'Bello',
  'Chen',
  'Diaz',
  'Evans',
  'Ferrari',
  'Gupta',
  'Hoffmann',
]

/** A fictional person's name, e-mail address and phone number. */
export type Person = { full_name: string; email_address: string; phone_number: string }

/** Returns the person with this number. It is always the same, and no other number has the same address or phone. */
export function createPerson(index: number): Person {
  const dice = createSeededRandom(`person/${index}`)
  return createPersonNamed(dice.pick(firstNames), dice.pick(lastNames), index)
}

function createPersonNamed(first: string, last: string, index: number): Person {
  const area = 212 + Math.floor(index / 10_000)
  return {
    full_name: `${first} ${last}`,
    email_address: `${first}.${last}.${index + 1}@example.com`.toLowerCase(),
    phone_number: `+1${area}555${String(index % 10_000).padStart(4, '0')}`,
  }
}
