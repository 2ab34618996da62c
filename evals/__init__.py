"""Measures retrieval and answers against gold, and fits what is fitted."""
