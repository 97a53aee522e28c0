import { describeMatrix } from './matrix.ts'

describeMatrix('partner')
