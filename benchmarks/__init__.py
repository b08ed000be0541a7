"""Performance benchmarks, one module per topic, printed as one table."""
