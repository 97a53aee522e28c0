import { defineConfig } from '@graphql-mesh/compose-cli'
import { loadOpenAPISubgraph } from '@omnigraph/openapi'

/** Composes a graph from Seam's API calls. Each field between two types makes one API call per parent object. */
export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadOpenAPISubgraph('Seam', {
        source: './seam.openapi.json',
        endpoint: '{env.SEAM_ENDPOINT}',
        operationHeaders: { authorization: 'Bearer {env.SEAM_API_KEY}' },
      }),
    },
  ],
  additionalTypeDefs: /* GraphQL */ `
    extend type AcsUser {
      credentials: Credentials
        @resolveTo(
          sourceName: "Seam"
          sourceTypeName: "Query"
          sourceFieldName: "credentials"
          requiredSelectionSet: "{ acs_user_id }"
          sourceArgs: { acs_user_id: "{root.acs_user_id}" }
        )
    }
    extend type AcsCredential {
      entrances: Entrances
        @resolveTo(
          sourceName: "Seam"
          sourceTypeName: "Query"
          sourceFieldName: "entrances"
          requiredSelectionSet: "{ acs_credential_id }"
          sourceArgs: { acs_credential_id: "{root.acs_credential_id}" }
        )
    }
  `,
})
