"""Reading an answer: from citation to citation, and what can be done with one."""

from __future__ import annotations

from functools import partial

from textual import on

from agent.tui.house import attempt, newest
from agent.tui.messages import Told
from agent.tui.screens.talk import Talk
from agent.tui.stops import Stop, by_number
from agent.tui.widgets.cited import CitedMarkdown
from agent.tui.widgets.sources import SourceBody, SourcesPane
from agent.tui.widgets.transcript import Transcript
from agent.tui.widgets.turn import TurnView


class Reading(Talk):
    """The part of the chat that walks through the citations of all turns, as one chain."""

    selected: int | None = None
    """The position of the selected stop in its turn."""
    selected_turn: TurnView | None = None
    _chosen_stop: Stop | None = None
    """The selected stop as it was chosen; its position changes while an answer is being made."""

    @property
    def current_turn(self) -> TurnView | None:
        """The turn of the selected stop, or the one that was gone to, or the last."""
        turns = self.transcript.turns
        if self.selected_turn in turns:
            return self.selected_turn
        return turns[-1] if turns else None

    @property
    def stop(self) -> Stop | None:
        """The selected stop."""
        turn = self.selected_turn
        if turn is None or self.selected is None or self.selected >= len(turn.stops):
            return None
        return turn.stops[self.selected]

    def select(self, turn: TurnView | None, position: int | None = None) -> None:
        """Selects a stop of a turn, and shows it; without a position the turn's list, without a turn nothing."""
        before = self.selected_turn
        if before and before.is_attached and before is not turn:
            before.select("")
            before.remove_class("current")
        self.selected_turn, self.selected = turn, position
        if turn is None:
            self.remove_class("-sources", "-reading")
            turns = self.transcript.turns
            self.sources.show_list(turns[-1].stops if turns else ())
            return
        turn.add_class("current")
        stop = self._chosen_stop = self.stop
        turn.select(stop.place if stop else "")
        if stop is None or position is None:
            self.sources.show_list(turn.stops)
            return
        self.sources.show(stop, position + 1, len(turn.stops))
        self.add_class("-sources", "-reading")
        paragraph = turn.markdown.paragraph_of(stop.place)
        self.call_after_refresh((paragraph or turn).scroll_visible, animate=False)  # the drawer takes its room first

    def show_stops(self, turn: TurnView) -> None:
        """Shows the sources of a turn whose citations have changed, where nothing else is selected."""
        chosen = self._chosen_stop
        if self.selected is None or chosen is None:
            self.select(turn)
        elif turn is self.selected_turn:
            same = (
                at for at, stop in enumerate(turn.stops) if (stop.place, stop.paper) == (chosen.place, chosen.paper)
            )
            self.selected = next(same, None)
            if self.selected is None:
                self.select(turn)
            else:  # without scrolling: the reader may have gone elsewhere meanwhile
                self.sources.show(turn.stops[self.selected], self.selected + 1, len(turn.stops))
                turn.select(chosen.place)

    def action_sources_toggle(self) -> None:
        """Shows the sources or hides them: a pane in a wide screen, a drawer in a narrow one."""
        self.toggle_class("-sources" if self.has_class("-narrow") else "-no-sources")
        if not self.has_class("-narrow"):
            self.remove_class("-sources", "-reading")

    @on(CitedMarkdown.Cited)
    def _clicked(self, message: CitedMarkdown.Cited) -> None:
        turn = next((ancestor for ancestor in message.markdown.ancestors if isinstance(ancestor, TurnView)), None)
        if turn:
            position = next((at for at, stop in enumerate(turn.stops) if stop.place == message.place), None)
            if position is not None:
                self.select(turn, position)

    @on(Transcript.Wanted)
    def _wanted(self, message: Transcript.Wanted) -> None:
        self.select(message.turn, message.position)

    @on(SourcesPane.Chosen)
    def _chosen(self, message: SourcesPane.Chosen) -> None:
        self.select(self.current_turn, message.position)

    def action_cite_next(self) -> None:
        """Selects the next citation; after the last of an answer comes the first of the next."""
        self._step(1)

    def action_cite_previous(self) -> None:
        """Selects the citation before."""
        self._step(-1)

    def action_cite_number(self, digit: str) -> None:
        """Selects the source with this number, or its next sentence."""
        turn = self.current_turn
        current = self.selected if turn is self.selected_turn else None
        position = by_number(turn.stops, int(digit), current) if turn else None
        if turn is None or position is None:
            self.post_message(Told(f"this answer has no source {digit}"))
            return
        self.select(turn, position)

    def action_cite_expand(self) -> None:
        """Shows the whole source over the screen."""
        if stop := self._demand_stop():
            from agent.tui.screens.source import SourceDialog

            self.app.push_screen(SourceDialog(stop))

    def action_cite_open(self) -> None:
        """Opens the paper's page in a browser."""
        if stop := self._demand_stop():
            self.house.open_page(stop.paper)

    def action_cite_copy(self) -> None:
        """Copies the quotation and its reference."""
        if stop := self._demand_stop():
            from agent.tui.wording import quotation

            self.house.copy(quotation(stop))

    def action_turn_copy(self) -> None:
        """Copies the answer with its references."""
        self._copy_turn(self.current_turn)

    def action_answer_copy(self, argument: str = "") -> None:
        """Copies the last answer with its references; `/copy N` that of turn N."""
        turns = self.transcript.turns
        named = [turn for turn in turns if argument and str(turn.number) == argument]
        self._copy_turn(named[0] if named else None if argument else self.current_turn)

    def _copy_turn(self, turn: TurnView | None) -> None:
        if turn is None or turn.answer is None:
            self.post_message(Told("there is no answer to copy"))
            return
        from agent.export import render

        self.house.copy(render([turn.answer], "md"))

    def action_turn_pager(self) -> None:
        """Shows the answer in the user's pager."""
        turn = self.current_turn
        if turn is None or turn.answer is None:
            self.post_message(Told("there is no answer to show"))
            return
        from agent.export import render
        from agent.tui import outside

        outside.page(self.app, render([turn.answer], "md"))

    def action_turn_next(self) -> None:
        """Goes to the next turn."""
        newest(self, "go", partial(self._go_turn, 1))

    def action_turn_previous(self) -> None:
        """Goes to the turn before."""
        newest(self, "go", partial(self._go_turn, -1))

    async def _go_turn(self, step: int) -> None:
        turns, current = self.transcript.turns, self.current_turn
        if current is None:
            return
        at = turns.index(current) + step
        if at < 0 and await attempt(self, self.transcript.load_older()):
            turns = self.transcript.turns
            at = turns.index(current) + step
        if 0 <= at < len(turns):
            self.select(turns[at])
            turns[at].scroll_visible(top=True, animate=False)

    def _step(self, step: int) -> None:
        """Moves along the chain of all stops of all turns that are made."""
        turns = self.transcript.turns
        chain = [(turn, at) for turn in turns for at in range(len(turn.stops))]
        if not chain:
            self.post_message(Told("there is no citation yet"))
            return
        if self.stop and self.selected_turn:
            here = chain.index((self.selected_turn, self.selected or 0)) + step
        else:  # from the beginning of the current turn, or from its end
            mine = [at for at, (turn, _) in enumerate(chain) if turn is self.current_turn]
            here = (mine[0] if step > 0 else mine[-1]) if mine else (len(chain) - 1)
        if 0 <= here < len(chain):
            self.select(*chain[here])
        elif step < 0 and self.transcript.older:
            newest(self, "go", self._step_to_older)
        else:
            self.post_message(Told("this is the last citation" if step > 0 else "this is the first citation"))

    async def _step_to_older(self) -> None:
        """Makes older turns, until one has a citation to step to."""
        before = len(self.transcript.turns)
        while await self.transcript.load_older():
            new = self.transcript.turns[: len(self.transcript.turns) - before]
            if any(turn.stops for turn in new):
                break
        self._step(-1)

    def _demand_stop(self) -> Stop | None:
        """The selected stop; the first one where none is selected yet."""
        if self.stop is None:
            turn = self.current_turn
            if turn is None or not turn.stops:
                self.post_message(Told("there is no citation to choose"))
                return None
            self.select(turn, 0)
        return self.stop

    # Scrolling, wherever the focus is among transcript and sources

    def _scrolled(self) -> Transcript | SourceBody:
        return self.sources.body if self.sources.body.has_focus else self.transcript

    def action_scroll_down(self) -> None:
        """A line down."""
        self._scrolled().scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        """A line up."""
        self._scrolled().scroll_up(animate=False)

    def action_scroll_top(self) -> None:
        """To the top."""
        self._scrolled().scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """To the end, and follows it again."""
        self._scrolled().scroll_end(animate=False)
        if self._scrolled() is self.transcript:
            self.transcript.anchor()

    def action_scroll_half_down(self) -> None:
        """Half a page down."""
        self._scrolled().scroll_relative(y=self._scrolled().size.height // 2, animate=False)

    def action_scroll_half_up(self) -> None:
        """Half a page up."""
        self._scrolled().scroll_relative(y=-(self._scrolled().size.height // 2), animate=False)
