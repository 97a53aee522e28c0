import { adviceFor } from '../src/model/advice.ts'
import type { Issue as IssueShape } from '../src/model/entities.ts'
import { builder } from './builder.ts'

export const Issue = builder.objectRef<IssueShape>('Issue').implement({
  description: 'An error or warning that Seam reports on something.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description: "Seam's code, such as `account_disconnected`. Seam adds new ones between versions.",
    }),
    message: t.exposeString('message', { description: "Seam's sentence for people." }),
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when, where Seam says.',
      resolve: (issue) => issue.since,
    }),
    advice: t.string({
      nullable: true,
      description: 'What to do about it, in one sentence; `null` for codes that this version does not know.',
      resolve: (issue) => adviceFor(issue.code),
    }),
  }),
})
