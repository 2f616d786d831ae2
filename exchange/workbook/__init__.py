"""Workbooks (.xlsx): the template, and the records that a filled one holds. All of it derived from the vocabulary."""
