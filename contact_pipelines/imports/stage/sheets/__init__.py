"""Cells of a workbook's sheets as people see them. Runs in the child process of `workbooks.py`."""
