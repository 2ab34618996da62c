"""The summary of a run as JSON for other programs: schema citeloom.eval-report/1, to which fields may be added."""

from __future__ import annotations

from typing import Any

from evals.report.numbers import is_known
from evals.summary import Figure, Summary

SCHEMA = "citeloom.eval-report/1"


def to_dict(summary: Summary) -> dict[str, Any]:
    """The summary in its own order; a figure without a value has null, and so has an end of an interval."""
    return {
        "schema": SCHEMA,
        "run": summary.run,
        "head": dict(summary.head),
        "asked": summary.asked,
        "done": summary.done,
        "errors": summary.errors,
        "warnings": list(summary.warnings),
        "sections": [
            {
                "title": section.title,
                "note": section.note,
                "figures": [_figure(figure) for figure in section.figures],
            }
            for section in summary.sections
        ],
        "by_kind": {kind: [_figure(figure) for figure in figures] for kind, figures in summary.by_kind.items()},
        "calibration": {"note": summary.calibration_note, "bins": [one._asdict() for one in summary.calibration]},
    }


def _figure(figure: Figure) -> dict[str, Any]:
    # JSON has no word for what is no number.
    ends = {name: _number(getattr(figure, name)) for name in ("value", "low", "high")}
    return {**figure._asdict(), **ends}


def _number(value: float | None) -> float | None:
    return value if is_known(value) else None
