"""What stands behind the fields of GraphQL: plain functions, arguments in, one call into queries or the ledger, result
out. Nothing here knows GraphQL; `schema` attaches them.
"""
