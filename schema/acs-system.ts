import { andThen } from '../src/catalog/answer.ts'
import type { SyncState as SyncStateShape } from '../src/catalog/view.ts'
import {
  type Capabilities,
  type Capability as CapabilityShape,
  capabilitiesOf,
} from '../src/model/capabilities.ts'
import { builder } from './builder.ts'
import { SupportEnum, SyncStatusEnum } from './enums.ts'
import { AcsCredentialFilter, AcsEntranceFilter, AcsUserFilter } from './filters.ts'
import { Issue } from './issue.ts'
import { credentialPage, entrancePage, userPage } from './lists.ts'
import { Node } from './node.ts'
import { pageArguments, pageComplexity } from './paging.ts'
import {
  AcsCredentialConnection,
  AcsEntranceConnection,
  AcsSystem,
  AcsUserConnection,
  ConnectedAccount,
} from './refs.ts'

const Capability = builder.objectRef<CapabilityShape>('Capability').implement({
  description: 'Whether a system can do something through Seam.',
  fields: (t) => ({
    support: t.field({
      type: SupportEnum,
      description: 'Whether it can.',
      resolve: ({ support }) => support,
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why not, or why it is unknown.' }),
  }),
})

const AcsSystemCapabilities = builder.objectRef<Capabilities>('AcsSystemCapabilities').implement({
  description: "What Latch can and can't do here (Seam's Latch guide).",
  fields: (t) => ({
    remoteUnlock: t.field({
      type: Capability,
      description: 'Opening a door from afar.',
      resolve: (all) => all.remoteUnlock,
    }),
    syncIn: t.field({
      type: Capability,
      description: 'Managing people and credentials that were made in Latch itself.',
      resolve: (all) => all.syncIn,
    }),
    customCodes: t.field({
      type: Capability,
      description: 'Choosing a PIN.',
      resolve: (all) => all.customCodes,
    }),
    remoteCodes: t.field({
      type: Capability,
      description: 'Getting a new PIN to its door without somebody going there: needs a Latch hub.',
      resolve: (all) => all.remoteCodes,
    }),
    mobileKeys: t.field({
      type: Capability,
      description: 'Keys on phones.',
      resolve: (all) => all.mobileKeys,
    }),
  }),
})

const SyncState = builder.objectRef<SyncStateShape>('SyncState').implement({
  description: "How fresh the gateway's picture of a system is.",
  fields: (t) => ({
    state: t.field({ type: SyncStatusEnum, description: 'In one word.', resolve: (sync) => sync.state }),
    syncedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the oldest loaded part was read from Seam; `null` while nothing is loaded.',
      resolve: (sync) => sync.syncedAt,
    }),
    lagMs: t.exposeInt('lagMs', { nullable: true, description: 'How long ago that was, in milliseconds.' }),
    complete: t.exposeBoolean('complete', {
      description: 'False when a list may have been cut short: see `detail`.',
    }),
    detail: t.exposeString('detail', { nullable: true, description: 'What is wrong, if anything is.' }),
  }),
})

AcsSystem.implement({
  description: 'An access control system (ACS): for Latch, one building.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: "Seam's own id: `acs_system_id`.",
      resolve: (system) => system.acsSystemId,
    }),
    name: t.exposeString('name', { description: "The building's name." }),
    externalType: t.exposeString('externalType', {
      nullable: true,
      description: "Seam's name for the kind of system: `latch_building` for Latch.",
    }),
    timeZone: t.exposeString('timeZone', {
      nullable: true,
      description: 'IANA time zone of the building, such as `America/New_York`.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When Seam first saw it.',
      resolve: (system) => system.createdAt,
    }),
    connectedAccount: t.field({
      type: ConnectedAccount,
      nullable: true,
      description: 'The login through which Seam reaches it; `null` where the viewer may not see that.',
      resolve: (system, _args, { view }) => view.account(system.connectedAccountId),
    }),
    users: t.field({
      type: AcsUserConnection,
      nullable: true,
      description: 'The people of this system.',
      args: {
        filter: t.arg({ type: AcsUserFilter, description: 'Which of them.' }),
        ...pageArguments(t.arg),
      },
      complexity: pageComplexity,
      resolve: (system, args, context) =>
        andThen(context.view.users(system.acsSystemId), (rows) => userPage(rows, args)),
    }),
    entrances: t.field({
      type: AcsEntranceConnection,
      nullable: true,
      description: 'The doors of this system that Latch shares with Seam.',
      args: {
        filter: t.arg({ type: AcsEntranceFilter, description: 'Which of them.' }),
        ...pageArguments(t.arg),
      },
      complexity: pageComplexity,
      resolve: (system, args, context) =>
        andThen(context.view.entrances(system.acsSystemId), (rows) => entrancePage(rows, args)),
    }),
    credentials: t.field({
      type: AcsCredentialConnection,
      nullable: true,
      description: 'The credentials of this system that were made through Seam.',
      args: {
        filter: t.arg({ type: AcsCredentialFilter, description: 'Which of them.' }),
        ...pageArguments(t.arg),
      },
      complexity: pageComplexity,
      resolve: (system, args, context) =>
        andThen(context.view.credentials(system.acsSystemId), (rows) => credentialPage(rows, args, context)),
    }),
    errors: t.field({
      type: [Issue],
      description: 'What is wrong with it.',
      resolve: (system) => system.errors,
    }),
    warnings: t.field({
      type: [Issue],
      description: 'What may become wrong, or passes by itself.',
      resolve: (system) => system.warnings,
    }),
    capabilities: t.field({
      type: AcsSystemCapabilities,
      description: "What Latch can and can't do here.",
      resolve: (system) => capabilitiesOf(system.externalType),
    }),
    sync: t.field({
      type: SyncState,
      description: "How fresh the gateway's view of this system is.",
      resolve: (system, _args, { view }) => view.syncState(system.acsSystemId),
    }),
  }),
})
