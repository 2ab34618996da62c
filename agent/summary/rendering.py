"""A summary in every format that front ends write; pure."""

from __future__ import annotations

import json

from agent.summary.values import Summary

FORMATS = ("md", "html", "json", "bib", "ris", "csl-json")
"""What `render` writes."""


def render(summary: Summary, form: str) -> str:
    """The summary in one of `FORMATS`; the last three hold the cited papers alone.

    Raises `UsageError` for any other.
    """
    match form:
        case "md":
            from agent.summary.markdown import to_markdown

            return to_markdown(summary)
        case "html":
            from agent.summary.page import to_html

            return to_html(summary)
        case "json":
            return json.dumps(summary.to_dict(), ensure_ascii=False, indent=2)
    from agent.export import bibliography

    return bibliography([reference.paper for reference in summary.references], form)
