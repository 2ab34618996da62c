"""The commands of `citeloom eval`; agent/cli reaches them through one deferred import."""

from __future__ import annotations

import typer

from evals.command import authoring, data, reporting, running, scoring

app = typer.Typer(rich_markup_mode=None, no_args_is_help=False)
running.register(app)
scoring.register(app)
reporting.register(app)
authoring.register(app)
data.register(app)
