"""The example questions of the GraphQL page; a test asks each of them of the trial."""

from __future__ import annotations

from typing import Any, Final

from graph.saying import said

__all__ = ["EXAMPLES"]

EXAMPLES: Final[tuple[dict[str, Any], ...]] = (
    {
        "title": said("Where did this subject's cells come from?"),
        "query": """query Backward($input: TraceInput!) {
  trace(input: $input) {
    __typename
    ... on Trace {
      asOfSeq
      completeness { complete reason depthReached hidden }
      summary { total byKind { kind count } }
      nodes(first: 100) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { node { id kind depth isMaterial } }
      }
    }
    ... on NotFound { ids message }
    ... on NotPermitted { message remedy }
    ... on TooLarge { message remedy }
    ... on InvalidInput { member message }
  }
}""",
        "variables": {"input": {"start": ["Subject:S1"], "direction": "BACKWARD"}},
    },
    {
        "title": said("What became of this donor's cells?"),
        "query": """query Forward($input: TraceInput!) {
  trace(input: $input) {
    __typename
    ... on Trace {
      completeness { complete reason }
      nodes(first: 200) { totalCount edges { node { id kind depth } } }
      edges(first: 200) { totalCount edges { node { type operationId from to start } } }
    }
    ... on NotFound { ids message }
    ... on NotPermitted { message remedy }
  }
}""",
        "variables": {"input": {"start": ["Donor:D1"], "direction": "FORWARD"}},
    },
    {
        "title": said("One lot, what was done with it, and its history"),
        "query": """query Lot($id: ID!) {
  node(id: $id) {
    id
    maskedFields
    ... on CellLot { cellType passageNumber stage expiryDate }
    operations(first: 20) {
      totalCount
      edges {
        node {
          id
          type
          start
          operatorNode { key name }
          inputs { id units }
          outputs { id units }
          uses { id ... on ReagentUse { reagentAmountUsed reagentAmountUnit } }
          ... on ExpandedOperation { seedingDensity cellMorphology }
          ... on QcReleaseOperation { testConclusion }
        }
      }
    }
  }
  history(id: $id) { recordedAt person member old new reason }
}""",
        "variables": {"id": "CellLot:MCB1"},
    },
    {
        "title": said("Search"),
        "query": """query Search($text: String!) {
  search(text: $text, first: 20) { totalCount notSearched edges { node { id kind } } }
}""",
        "variables": {"text": "INC"},
    },
    {
        "title": said("Where has this dose been?"),
        "query": """query Custody($id: ID!) {
  custody(id: $id) {
    __typename
    ... on Custody {
      asOfSeq
      completeness { complete reason hidden }
      summary { total byManner { manner count } }
      intervals(first: 100) {
        edges { node { manner place path start end isOpen began { operationId person } ended { operationId person } } }
      }
    }
    ... on NotFound { ids message }
    ... on InvalidInput { member message }
  }
}""",
        "variables": {"id": "CellUnit:DP1#3"},
    },
    {
        "title": said("What stands in this room, and what of it is affected?"),
        "query": """query Contents($position: ID!, $impact: ImpactInput) {
  contents(position: $position, impact: $impact) {
    __typename
    ... on Contents {
      at asOfSeq
      completeness { complete reason hidden }
      summary { total affected byKind { kind count affected } }
      places { edges { node { position total affected } } }
      rows(first: 100, order: AFFECTED) {
        totalCount
        edges { node { id position since dispositions amount tier exposedFrom } }
      }
    }
    ... on NotFound { ids message }
    ... on InvalidInput { member message }
  }
}""",
        "variables": {
            "position": "StoragePosition:ROOM-1",
            "impact": {"hazard": "EXPOSURE", "seeds": [{"id": "Reagent:R-MED-8"}]},
        },
    },
    {
        "title": said("Departures from limits and rules"),
        "query": """{
  deviations(open: true, first: 20) {
    totalCount
    edges { node { id severity code message operation subject rangeVersion } }
  }
}""",
        "variables": {},
    },
    {
        "title": said("Which of the 158 items are recorded of this lot?"),
        "query": """query Coverage($lot: ID) {
  coverage(lot: $lot) { present missing notApplicable items { id zh en status presentCount expectedCount } }
}""",
        "variables": {"lot": "CellLot:DP1"},
    },
    {
        "title": said("Would these records be accepted? (dry run, records nothing)"),
        "query": """mutation Try($input: RecordInput!) {
  record(input: $input) {
    accepted
    violations { line record member code message remedy }
    warnings { record code message }
    deviations { code severity message }
  }
}""",
        "variables": {
            "input": {
                "idempotencyKey": "example",
                "dryRun": True,
                "records": [{"record": "node", "kind": "Equipment", "id": "INC-9", "data": {}}],
            }
        },
    },
    {
        "title": said("The service"),
        "query": "{ serviceInfo { version engine engineVersion index { state seq things edges } ledgerHead { seq } } }",
        "variables": {},
    },
)
