import { describe, expect, it } from 'vitest'
import { readCsvTable } from '../../../src/cli/import/csv-table.ts'
import { UsageError } from '../../../src/cli/terminal.ts'

const known = ['fullName', 'startsAt', 'mobileKeyDoors']
const read = (text: string) => readCsvTable(text, known)

describe('a file of comma-separated values', () => {
  it.each([
    [',', 'fullName,startsAt,mobileKeyDoors\nJane,2026-12-01,"Front Door;Garage"\n'],
    [';', 'fullName;startsAt;mobileKeyDoors\r\nJane;2026-12-01;"Front Door;Garage"\r\n'],
    ['\t', 'fullName\tstartsAt\tmobileKeyDoors\rJane\t2026-12-01\tFront Door;Garage\r'],
    [',', ' "fullName" , startsAt,mobileKeyDoors,,\nJane ,\t2026-12-01, "Front Door;Garage" ,,\n\n,,\n'],
    ['"', 'fullName,startsAt,mobileKeyDoors,,\nJane,2026-12-01,Front Door;Garage\n'],
  ])('should be parsed with %j as the delimiter', (_delimiter, text) => {
    expect(read(text)).toEqual({
      columns: known,
      rows: [
        {
          line: 2,
          fields: { fullName: 'Jane', startsAt: '2026-12-01', mobileKeyDoors: 'Front Door;Garage' },
        },
      ],
    })
  })

  it('should number each row by its first line', () => {
    const { rows } = read('fullName,startsAt\r\n\r\n"Jane\r\nDoe",1\r\n\r\n\r\n"Ann ""A"", B",2\r\nBo,3')
    expect(rows).toEqual([
      { line: 3, fields: { fullName: 'Jane\nDoe', startsAt: '1' } },
      { line: 7, fields: { fullName: 'Ann "A", B', startsAt: '2' } },
      { line: 8, fields: { fullName: 'Bo', startsAt: '3' } },
    ])
  })

  it('should return every column if none is known', () => {
    expect(read('Name;Begin;Doors\nJane;1;2').columns).toEqual(['Name', 'Begin', 'Doors'])
  })

  it.each([
    ['', 'The file is empty.'],
    ['\n \n', 'The file is empty.'],
    ['fullName,startsAt\nJane,1\nBo,"2\nAnn,3\nCy,4', 'Line 3 has a quote'],
    ['fullName,startsAt\nJane,1\nBo "B",2', 'Line 3 has a quote'],
    ['fullName,startsAt\nJane', 'Line 2 has 1 fields, but the first line has 2.'],
    ['fullName,startsAt,\nJane,1,\nBo,2,x', 'Line 3 has a value in column 3, which has no name'],
    ['fullName;mobileKeyDoors\nJane;Front Door;Garage', 'Line 2 has a value in column 3'],
  ])('should be rejected with the number of the line: %j', (text, message) => {
    expect(() => read(text)).toThrow(UsageError)
    expect(() => read(text)).toThrow(message)
  })
})
