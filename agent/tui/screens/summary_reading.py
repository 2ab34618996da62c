"""Reading a summary: from section to section, from citation to citation, and what can be done with one."""

from __future__ import annotations

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from agent.summary.values import Summary
from agent.tui.house import House
from agent.tui.messages import Told
from agent.tui.screens.summary_pages import OVERVIEW, Page
from agent.tui.stops import Stop
from agent.tui.widgets.cited import CitedMarkdown
from agent.tui.widgets.outline import Outline
from agent.tui.widgets.sources import SourcesPane
from store.text import printable

HINT = "n N: walk through the citations"


class Said(Static):
    """What is told in a section's place: how far the summary is, why it is not there, or what is nearest."""

    def action_stop_at(self, position: int) -> None:
        """Passes a click on a paper on."""
        self.post_message(SourcesPane.Chosen(position))


class SummaryReading(House):
    """The part of the screen that shows pages, and walks through the citations of all of them as one chain."""

    summary: Summary | None = None
    """The summary, once it is finished."""
    pages: tuple[Page, ...] = ()
    shown: str = OVERVIEW
    """The name of the page that is shown."""
    selected: int | None = None
    """The position of the selected stop on that page."""

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        return next((page for page in self.pages if page.name == self.shown), None)

    @property
    def stop(self) -> Stop | None:
        """The selected stop."""
        page = self.page
        if page is None or self.selected is None or self.selected >= len(page.stops):
            return None
        return page.stops[self.selected]

    @property
    def outline(self) -> Outline:
        """The parts."""
        return self.query_one(Outline)

    @property
    def section(self) -> VerticalScroll:
        """Where the page is read."""
        return self.query_one("#section", VerticalScroll)

    @property
    def markdown(self) -> CitedMarkdown:
        """The text of the page."""
        return self.query_one(CitedMarkdown)

    @property
    def sources(self) -> SourcesPane:
        """The sources pane."""
        return self.query_one(SourcesPane)

    def said(self) -> Content:
        """What stands where the shown page has no text yet."""
        raise NotImplementedError

    async def show_pages(self, pages: tuple[Page, ...]) -> None:
        """Shows these pages instead of those before; the same one stays open, if it is still there."""
        same = self.page
        self.pages = pages
        if self.page is None and pages:
            self.shown = pages[0].name
        stays = same is not None and same.name == self.shown
        await self.show_page(self.shown, self.selected if stays else None, is_new=not stays)

    async def show_page(self, name: str, selected: int | None = None, *, is_new: bool = True) -> None:
        """Shows a page from its top, or, where it is not new, as far down as it was read; and selects a stop of it."""
        self.shown = name
        page = self.page
        self.outline.show(self.pages, name)
        text = printable(page.text) if page else ""
        if self.markdown.source != text:
            self.markdown.selected = ""
            await self.markdown.update(text)
        self.show_said()
        if is_new:
            self.section.scroll_home(animate=False)
        self.select(selected)

    def show_said(self) -> None:
        """Shows the heading of the page, and what stands in place of its text."""
        page = self.page
        has_text = bool(page and page.text)
        self.markdown.display = has_text
        heading = self.query_one("#section-head", Static)
        heading.display = has_text
        heading.update(self._heading(page) if page else "")
        said = self.query_one(Said)
        said.display = not has_text
        said.update(Content("") if has_text else self.said())

    def select(self, position: int | None) -> None:
        """Selects a stop of the page and shows its source; without a position all of the page's papers."""
        page = self.page
        stops = page.stops if page else ()
        self.selected = position if position is not None and position < len(stops) else None
        stop = self.stop
        self.markdown.select(stop.place if stop else "")
        self.set_class(stop is not None, "-sources")
        if stop is None or self.selected is None:
            self.sources.show_list(stops, HINT)
            return
        self.sources.show(stop, self.selected + 1, len(stops))
        paragraph = self.markdown.paragraph_of(stop.place) if stop.place else None
        if paragraph:
            self.call_after_refresh(paragraph.scroll_visible, animate=False)

    def _heading(self, page: Page) -> Content:
        glyphs = self.house.glyphs
        at = self.pages.index(page) + 1
        facts = [f"{at} of {len(self.pages)}"]
        if page.papers is not None:
            facts.append(f"{page.papers} paper" if page.papers == 1 else f"{page.papers} papers")
        if page.state == "kept":
            facts.append("finished by an earlier run")
        title = Content(printable(page.title)).stylize("bold")
        return Content("\n").join([title, Content(f" {glyphs.separator} ".join(facts)).stylize("$muted")])

    # Going from one to the next

    @on(OptionList.OptionHighlighted)
    async def _highlighted(self, message: OptionList.OptionHighlighted) -> None:
        if message.option_id and message.option_id != self.shown:
            await self.show_page(message.option_id)

    @on(CitedMarkdown.Cited)
    def _clicked(self, message: CitedMarkdown.Cited) -> None:
        stops = self.page.stops if self.page else ()
        position = next((at for at, stop in enumerate(stops) if stop.place == message.place), None)
        if position is not None:
            self.select(position)

    @on(SourcesPane.Chosen)
    def _chosen(self, message: SourcesPane.Chosen) -> None:
        self.select(message.position)

    async def action_summary_next(self) -> None:
        """Shows the next section."""
        await self._go(1)

    async def action_summary_previous(self) -> None:
        """Shows the section before."""
        await self._go(-1)

    async def _go(self, step: int) -> None:
        names = [page.name for page in self.pages]
        if not names:
            self.post_message(Told("there is no section yet"))
            return
        at = names.index(self.shown) + step
        if 0 <= at < len(names):
            await self.show_page(names[at])
        else:
            self.post_message(Told("this is the last section" if step > 0 else "this is the first section"))

    async def action_summary_cite_next(self) -> None:
        """Selects the next citation; behind the last of a section comes the first of the next."""
        await self._step(1)

    async def action_summary_cite_previous(self) -> None:
        """Selects the citation before."""
        await self._step(-1)

    async def _step(self, step: int) -> None:
        """Moves along the chain of all stops of all pages, from the selected one or from an end of the page."""
        names = [page.name for page in self.pages]
        chain = [(place, at) for place, page in enumerate(self.pages) for at in range(len(page.stops))]
        if not chain:
            self.post_message(Told("there is no citation yet"))
            return
        shown = names.index(self.shown)
        here = (shown, self.selected) if self.selected is not None else (shown, -1 if step > 0 else 0)
        ahead = [link for link in chain if link > here] if step > 0 else [link for link in chain if link < here]
        if not ahead:
            self.post_message(Told("this is the last citation" if step > 0 else "this is the first citation"))
            return
        place, at = ahead[0] if step > 0 else ahead[-1]
        if place == shown:
            self.select(at)
        else:
            await self.show_page(names[place], at)

    # What can be done with a source

    def action_summary_expand(self) -> None:
        """Shows the whole source over the screen."""
        if stop := self._demand_stop():
            from agent.tui.screens.source import SourceDialog

            self.app.push_screen(SourceDialog(stop))

    def action_summary_open(self) -> None:
        """Opens the paper's page in a browser."""
        if stop := self._demand_stop():
            self.house.open_page(stop.paper)

    def action_summary_copy(self) -> None:
        """Copies the quotation and its reference."""
        if stop := self._demand_stop():
            from agent.tui.wording import quotation

            self.house.copy(quotation(stop))

    def _demand_stop(self) -> Stop | None:
        """The selected stop; the first of the section where none is selected yet."""
        if self.stop is None:
            if self.page is None or not self.page.stops:
                self.post_message(Told("there is no citation in this section"))
                return None
            self.select(0)
        return self.stop
