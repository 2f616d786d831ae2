"""Pure checks: records and what is known -> violations, warnings, deviations, rows to be written."""
