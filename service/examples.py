"""The example questions of the GraphQL page; a test asks each of them of the trial."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["EXAMPLES"]

EXAMPLES: Final[tuple[dict[str, Any], ...]] = (
    {
        "title": "Where did this subject's cells come from? 受试者的细胞来自何处？",
        "query": """query Backward($input: TraceInput!) {
  trace(input: $input) {
    __typename
    ... on Trace {
      asOfSeq
      completeness { complete reason depthReached }
      summary { total byKind { kind count } }
      nodes(first: 100) { totalCount edges { node { id kind depth } } }
    }
    ... on NotFound { ids message }
    ... on NotPermitted { message }
    ... on InvalidInput { member message }
  }
}""",
        "variables": {"input": {"start": ["Subject:S1"], "direction": "BACKWARD"}},
    },
    {
        "title": "What became of this donor's cells? 该供者的细胞去了哪里？",
        "query": """query Forward($input: TraceInput!) {
  trace(input: $input) {
    __typename
    ... on Trace {
      completeness { complete reason }
      nodes(first: 200) { totalCount edges { node { id kind depth } } }
      edges(first: 200) { edges { node { type operationId from to start } } }
    }
    ... on NotFound { ids message }
  }
}""",
        "variables": {"input": {"start": ["Donor:D1"], "direction": "FORWARD"}},
    },
    {
        "title": "One lot, its fields and its history 单批信息与变更历史",
        "query": """query Lot($id: ID!) {
  node(id: $id) {
    id
    ... on CellLot { cellType passageNumber stage maskedFields }
  }
  history(id: $id) { recordedAt person reason }
}""",
        "variables": {"id": "CellLot:MCB1"},
    },
    {
        "title": "Search 检索",
        "query": """query Search($text: String!) {
  search(text: $text, first: 20) { totalCount edges { node { id } } }
}""",
        "variables": {"text": "INC"},
    },
    {
        "title": "The service 服务信息",
        "query": "{ serviceInfo { version engine engineVersion ledgerHead { seq } } }",
        "variables": {},
    },
)
