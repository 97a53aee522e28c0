import { describeMatrix } from './access-matrix.ts'

describeMatrix('partner')
