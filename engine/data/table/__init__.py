"""Tables in text files: what is a row, a cell, a name, a number, a date, and what is missing."""
