import type { Issue as IssueShape } from '../../src/model/entities.ts'
import { adviceFor } from '../../src/model/issue-advice.ts'
import { builder } from '../builder.ts'

export const Issue = builder.objectRef<IssueShape>('Issue').implement({
  description: 'Error or warning that Seam reports for an object.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description:
        'Error or warning code in Seam, such as `account_disconnected`. Seam can add codes at any time.',
    }),
    message: t.exposeString('message', { description: 'Human-readable message from Seam.' }),
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time at which the error or warning occurred, or `null` if Seam does not report it.',
      resolve: (issue) => issue.since,
    }),
    advice: t.string({
      nullable: true,
      description:
        'Recommended action, in English, or `null` if this version of the gateway has no advice for the code.',
      resolve: (issue) => adviceFor(issue.code),
    }),
  }),
})
