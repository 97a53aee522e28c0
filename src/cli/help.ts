import { scopes } from '../auth/viewer.ts'
import { variables } from '../config.ts'

const width = Math.max(...variables.map(({ name }) => name.length))

/** What `npm run latchkey -- help` prints. */
export const help = `npm run latchkey -- COMMAND

  keys create --name NAME --scopes read,write,… [--systems ID,…] [--resident ACS_USER_ID]
              [--graph partner] [--expires 90d]
      Makes an API key and prints it, this once. --systems narrows it to some systems, --resident to one person, --graph partner
      to what is for partners.
      Scopes: ${scopes.join(', ')}.
  keys list
      Shows the keys there are, without their secrets.
  keys revoke NAME
      Ends a key. Whatever is open with it closes within two seconds.
  cursors rotate
      Lets another secret sign cursors. Those given out before are good until the next rotation.
  journal renew
      After a backup was put back: begins a new epoch, so that subscribers are told to fetch anew.
  import FILE --system ID [--url http://127.0.0.1:4000] [--dry-run]
      Moves everybody in a CSV file in, through a gateway that runs; LATCHKEY_KEY holds the key to ask with. Columns:
      fullName, startsAt, endsAt, emailAddress, phoneNumber, mobileKeyDoors, codeDoors (names or ids, with ; between).
  doctor
      Checks the set-up, and says what to do where something is wrong.
  help
      Shows this.

Environment (npm start reads the same):
${variables.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join('\n')}`
