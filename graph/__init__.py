"""The lineage graph: vocabulary, records, rules, ledger, engines, index."""
