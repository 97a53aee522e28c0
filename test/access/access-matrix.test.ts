import { describeMatrix } from './access-matrix.ts'

describeMatrix('whole')
