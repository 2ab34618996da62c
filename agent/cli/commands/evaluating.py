"""`eval`: the commands of evals, which are imported when one of them is wanted."""

from __future__ import annotations

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class _Deferred(TyperGroup):
    """A group whose commands are those of `evals.command`, the one place that knows evals from below."""

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002 - it hangs on nothing
        return self._found().get(cmd_name)

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 - nor does this
        return list(self._found())

    def _found(self) -> dict[str, TyperCommand]:
        if not self.commands:
            from evals.command import app

            self.commands.update(get_group(app).commands)
        return {name: command for name, command in self.commands.items() if isinstance(command, TyperCommand)}


def register(app: typer.Typer) -> None:
    """Hangs the group into the app."""
    group = typer.Typer(cls=_Deferred, rich_markup_mode=None)
    group.callback()(_eval)
    app.add_typer(group, name="eval")


def _eval() -> None:
    """Score answers against gold questions, and compare runs."""
