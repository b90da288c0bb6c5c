"""From the contact store to a file: one snapshot, streamed by COPY, written as CSV, XLSX, JSON or Parquet."""
