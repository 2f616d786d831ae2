"""Files in and out: JSON Lines, workbooks, separated values, generated trials; to and from records."""
