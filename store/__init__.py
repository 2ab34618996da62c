"""Papers in, hits out: the library of abstracts, its readers and its hybrid search."""
