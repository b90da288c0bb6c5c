"""Cells of a workbook's sheets, as a person sees them. Runs in the child; `workbooks.py` is the way in."""
