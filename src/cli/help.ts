import { scopes } from '../auth/viewer.ts'
import { variables } from '../config.ts'

const width = Math.max(...variables.map(({ name }) => name.length))

/** What `npm run latchkey -- help` prints. */
export const help = `npm run latchkey -- COMMAND

  keys create --name NAME --scopes read,write,… [--systems ID,…] [--resident ACS_USER_ID] [--expires 90d]
      Makes an API key and prints it, this once. --systems narrows it to some systems, --resident to one person.
      Scopes: ${scopes.join(', ')}.
  keys list
      Shows the keys there are, without their secrets.
  keys revoke NAME
      Ends a key. Whatever is open with it closes within two seconds.
  doctor
      Checks the set-up, and says what to do where something is wrong.
  help
      Shows this.

Environment (npm start reads the same):
${variables.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join('\n')}`
