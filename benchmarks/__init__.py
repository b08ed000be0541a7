"""How fast it is: one module for each question, one table of answers."""
