"""Support for mutation testing with mutmut, used by ``make mutants``."""
