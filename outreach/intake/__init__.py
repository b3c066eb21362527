"""The AR feed in: a file is read, its rows are staged, and the difference to the ledger is applied.

`reading` turns bytes into rows, `workbook` does so for Excel, `columns` finds the header, `dates` and
`amounts` read cells, `invoices` and `contacts` make one record of a row; `staging`, `changes` and `applying`
bring them into the ledger; `importing` is the whole road of one file.
"""
