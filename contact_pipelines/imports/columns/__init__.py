"""Map: which contact field or property each column of a file is."""
