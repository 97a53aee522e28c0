import type { SyncState as SyncStateShape } from '../../src/catalog/view.ts'
import {
  type Capabilities,
  type Capability as CapabilityShape,
  capabilitiesOf,
} from '../../src/model/capabilities.ts'
import { builder } from '../builder.ts'
import { AcsCredentialFilter, AcsEntranceFilter, AcsUserFilter } from '../lists/filter-inputs.ts'
import {
  createAcsUserPager,
  createCredentialPager,
  createEntrancePager,
  loadPage,
} from '../lists/list-pages.ts'
import { computePageComplexity, createPageArguments, nullIfSeamFails } from '../lists/relay-connection.ts'
import { SupportEnum, SyncStatusEnum } from './enums.ts'
import { Issue } from './issue.ts'
import { Node } from './node-interface.ts'
import {
  AcsCredentialConnection,
  AcsEntranceConnection,
  AcsSystem,
  AcsUserConnection,
  ConnectedAccount,
} from './object-refs.ts'

const Capability = builder.objectRef<CapabilityShape>('Capability').implement({
  description: 'Whether an ACS system supports an operation through Seam.',
  fields: (t) => ({
    support: t.field({
      type: SupportEnum,
      description: 'Level of support.',
      resolve: ({ support }) => support,
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description:
        'Explanation if the operation is not supported or the support is unknown; otherwise `null`.',
    }),
  }),
})

const AcsSystemCapabilities = builder.objectRef<Capabilities>('AcsSystemCapabilities').implement({
  description: "Operations that the ACS system supports, according to Seam's guide for Latch.",
  fields: (t) => ({
    remoteUnlock: t.field({
      type: Capability,
      description: 'Support for unlocking an entrance remotely, without a credential at the lock.',
      resolve: (capabilities) => capabilities.remoteUnlock,
    }),
    syncIn: t.field({
      type: Capability,
      description:
        'Support for managing ACS users and credentials that were created in Latch, not through Seam.',
      resolve: (capabilities) => capabilities.syncIn,
    }),
    customCodes: t.field({
      type: Capability,
      description: 'Support for choosing the digits of a PIN.',
      resolve: (capabilities) => capabilities.customCodes,
    }),
    remoteCodes: t.field({
      type: Capability,
      description: 'Support for delivering a new PIN to the lock remotely. Requires a Latch hub.',
      resolve: (capabilities) => capabilities.remoteCodes,
    }),
    mobileKeys: t.field({
      type: Capability,
      description: 'Support for issuing mobile keys.',
      resolve: (capabilities) => capabilities.mobileKeys,
    }),
  }),
})

const SyncState = builder.objectRef<SyncStateShape>('SyncState').implement({
  description: "State of the gateway's cached data of an ACS system.",
  fields: (t) => ({
    state: t.field({
      type: SyncStatusEnum,
      description: 'Status of the cached data.',
      resolve: (sync) => sync.state,
    }),
    syncedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Time at which the oldest cached list of the ACS system was read from Seam, or `null` if nothing is cached.',
      resolve: (sync) => sync.syncedAt,
    }),
    lagMs: t.exposeInt('lagMs', {
      nullable: true,
      description: 'Age of the oldest cached list in milliseconds, or `null` if nothing is cached.',
    }),
    complete: t.exposeBoolean('complete', {
      description:
        'Whether all lists are complete. `false` if Seam may have truncated a list; `detail` then contains the reason.',
    }),
    detail: t.exposeString('detail', {
      nullable: true,
      description: 'Explanation of the problem, or `null` if there is none.',
    }),
  }),
})

AcsSystem.implement({
  description: 'Access control system (ACS) in Seam. For Latch, one building.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: 'ID of the ACS system in Seam (`acs_system_id`).',
      resolve: (system) => system.acsSystemId,
    }),
    name: t.exposeString('name', {
      description: 'Name of the ACS system. For Latch, the name of the building.',
    }),
    externalType: t.exposeString('externalType', {
      nullable: true,
      description:
        'Type of the ACS system as Seam reports it, or `null` if Seam does not report it. `latch_building` for Latch.',
    }),
    timeZone: t.exposeString('timeZone', {
      nullable: true,
      description:
        'IANA time zone of the ACS system, such as `America/New_York`, or `null` if Seam does not report it.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Time at which the ACS system was created in Seam.',
      resolve: (system) => system.createdAt,
    }),
    connectedAccount: t.field({
      type: ConnectedAccount,
      nullable: true,
      description:
        "Connected account through which Seam accesses the ACS system, or `null` if it is outside the viewer's access scope.",
      resolve: (system, _args, { view }) => view.account(system.connectedAccountId),
    }),
    users: t.field({
      type: AcsUserConnection,
      nullable: true,
      description: `ACS users of the ACS system, ordered by name. ${nullIfSeamFails}`,
      args: {
        filter: t.arg({
          type: AcsUserFilter,
          description: 'Conditions that the returned ACS users must meet.',
        }),
        ...createPageArguments(t.arg),
      },
      complexity: computePageComplexity,
      resolve: (system, args, context) =>
        loadPage(createAcsUserPager(args), () => context.view.users(system.acsSystemId)),
    }),
    entrances: t.field({
      type: AcsEntranceConnection,
      nullable: true,
      description: `Entrances of the ACS system that Latch shares with Seam, ordered by name. ${nullIfSeamFails}`,
      args: {
        filter: t.arg({
          type: AcsEntranceFilter,
          description: 'Conditions that the returned entrances must meet.',
        }),
        ...createPageArguments(t.arg),
      },
      complexity: computePageComplexity,
      resolve: (system, args, context) =>
        loadPage(createEntrancePager(args), () => context.view.entrances(system.acsSystemId)),
    }),
    credentials: t.field({
      type: AcsCredentialConnection,
      nullable: true,
      description: `Credentials of the ACS system that were created through Seam, oldest first. ${nullIfSeamFails}`,
      args: {
        filter: t.arg({
          type: AcsCredentialFilter,
          description: 'Conditions that the returned credentials must meet.',
        }),
        ...createPageArguments(t.arg),
      },
      complexity: computePageComplexity,
      resolve: (system, args, context) =>
        loadPage(createCredentialPager(args, context), () => context.view.credentials(system.acsSystemId)),
    }),
    errors: t.field({
      type: [Issue],
      description: 'Errors that Seam reports for the ACS system.',
      resolve: (system) => system.errors,
    }),
    warnings: t.field({
      type: [Issue],
      description: 'Warnings that Seam reports for the ACS system.',
      resolve: (system) => system.warnings,
    }),
    capabilities: t.field({
      type: AcsSystemCapabilities,
      description: 'Operations that the ACS system supports.',
      resolve: (system) => capabilitiesOf(system.externalType),
    }),
    sync: t.field({
      type: SyncState,
      description:
        "State of the gateway's cached data of the ACS system, at the time when this field is resolved.",
      resolve: (system, _args, { view }) => view.syncState(system.acsSystemId),
    }),
  }),
})
