/** The initial tabs of GraphiQL. The page replaces variable values like `$acsUserId` by ids of objects in the workspace. */
export const examples: readonly { readonly query: string; readonly variables?: string }[] = [
  {
    query: `# All ACS systems with their users and credentials, and the time of the last synchronisation.
# Pass "cursor" to a subscription to receive all later changes (see the tab CredentialChanges).
query Dashboard {
  cursor
  viewer {
    name
    scopes
    isDemo
  }
  acsSystems {
    nodes {
      id
      name
      sync {
        state
        syncedAt
      }
      users(first: 10) {
        totalCount
        nodes {
          id
          displayName
          isSuspended
          credentials {
            nodes {
              accessMethod
              status
              endsAt
            }
          }
        }
      }
    }
  }
}
`,
  },
  {
    query: `# Which ACS users can unlock which entrances? Use the id of a user and of an entrance in the next tab.
query UsersByEntrance {
  acsEntrances(first: 20) {
    nodes {
      id
      displayName
      unlockWith {
        code
        mobileKey
      }
      users(first: 20) {
        totalCount
        nodes {
          id
          displayName
        }
      }
    }
  }
}
`,
  },
  {
    query: `# Can this ACS user unlock this entrance now? If not, why? The variables are below; the first tabs show more ids.
query CheckAccess($acsUserId: ID!, $acsEntranceId: ID!) {
  accessCheck(acsUserId: $acsUserId, acsEntranceId: $acsEntranceId) {
    allowed
    reasons {
      code
      message
      blocking
    }
    via {
      id
      displayName
      accessMethod
      endsAt
    }
  }
}
`,
    variables: JSON.stringify({ acsUserId: '$acsUserId', acsEntranceId: '$acsEntranceId' }),
  },
  {
    query: `# Creates an ACS user with all credentials, or creates nothing. The variables below are valid.
# If you send it again with the same "idempotencyKey", it is executed only once.
mutation MoveIn($input: MoveInInput!) {
  moveIn(input: $input) {
    acsUser {
      id
      displayName
    }
    acsCredentials {
      accessMethod
      codeState
      status
    }
    steps {
      name
      status
      message
    }
    cursor
    userErrors {
      field
      code
      message
    }
  }
}
`,
    variables: JSON.stringify({
      input: {
        acsSystemId: '$acsSystemId',
        fullName: 'Jane Doe',
        emailAddress: '$emailAddress',
        startsAt: '$tomorrow',
        endsAt: '$nextYear',
        mobileKeyAcsEntranceIds: '$mobileKeyAcsEntranceIds',
        codeAcsEntranceIds: '$codeAcsEntranceIds',
        idempotencyKey: '$idempotencyKey',
      },
    }),
  },
  {
    query: `# Changes of credentials from now on. GraphiQL shows no empty batches. To resume, pass the last "cursor" that you received as "after":
# the subscription continues without a loss, or reports in "gap" which changes are no longer available.
subscription CredentialChanges($after: Cursor) {
  credentialChanges(after: $after) {
    cursor
    gap {
      reason
      missed
    }
    changes {
      kind
      occurredAt
      origin
      credential {
        id
        displayName
        accessMethod
        status
        acsUser {
          displayName
        }
      }
    }
  }
}
`,
    variables: JSON.stringify({ after: null }),
  },
  {
    query: `# The changes in the journal, oldest first. For the next page, pass "endCursor" as "after".
query Changes($after: String) {
  changes(first: 20, after: $after) {
    nodes {
      cursor
      kind
      occurredAt
      origin
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    variables: JSON.stringify({ after: null }),
  },
]
