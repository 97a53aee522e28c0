import { describeMatrix } from './matrix.ts'

describeMatrix('whole')
