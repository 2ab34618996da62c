"""Benchmarks: retrieval quality on SciFact, and the time of each operation beside its budget."""
