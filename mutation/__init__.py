"""What mutation testing needs beside mutmut: ``make mutants`` uses it."""
