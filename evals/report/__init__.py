"""What is shown of a run: a table for the terminal, Markdown, JSON, and one HTML page with figures."""

from evals.report.json import to_dict

__all__ = ["to_dict"]
