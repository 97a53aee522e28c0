/** What GraphiQL opens with: one tab for each thing people come for. They ask about whatever the workspace holds. */
export const examples: readonly { readonly query: string; readonly variables?: string }[] = [
  {
    query: `# Every building at a glance: its people, its doors, and how fresh the picture is.
# "cursor" is where a subscription picks up (see the tab CredentialChanges).
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
    query: `# Who opens which door? Take an id of a user and of an entrance to the next tab.
query WhoOpensADoor {
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
    query: `# Can this person open this door now, and if not, why?
query MayTheyEnter($acsUserId: ID!, $acsEntranceId: ID!) {
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
    variables: JSON.stringify({ acsUserId: '', acsEntranceId: '' }, null, 2),
  },
  {
    query: `# A resident with everything at once, or with nothing at all. Take ids of a building and of doors from the first tabs.
# Send it again with the same "idempotencyKey", and it is done once.
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
    variables: JSON.stringify(
      {
        input: {
          acsSystemId: '',
          fullName: 'Jane Doe',
          emailAddress: 'jane.doe@example.com',
          startsAt: '2026-12-01T15:00:00Z',
          mobileKeyAcsEntranceIds: [],
          codeAcsEntranceIds: [],
          idempotencyKey: 'jane-doe-moves-in',
        },
      },
      null,
      2,
    ),
  },
  {
    query: `# Credentials as they change. To continue where you were, put the last "cursor" you saw into "after":
# nothing in between is missed, and if something can't be told any more, "gap" says so.
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
    variables: JSON.stringify({ after: null }, null, 2),
  },
  {
    query: `# The journal itself, oldest change first. For the next page, put "endCursor" into "after".
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
    variables: JSON.stringify({ after: null }, null, 2),
  },
]
