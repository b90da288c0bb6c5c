"""Stage: read a landed file of any kind into rows of text, every row of the file accounted for."""
