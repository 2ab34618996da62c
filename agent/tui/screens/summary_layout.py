"""How the screen of summaries is laid out.

-open       wide: outline, section and sources side by side
-folded     the sources are a drawer below, out while a citation is selected
-stacked    narrow: the outline, too, lies over the section
-bare       there is no outline; -empty: nor are there sources; -abstained: the text is a card
"""

from __future__ import annotations

LAYOUT = """
SummaryScreen #topic-line { height: 1; padding: 0 1; background: $panel; }
SummaryScreen #topic-name { width: auto; padding: 0 1 0 0; text-style: bold; }
SummaryScreen #topic { width: 3fr; background: $panel; }
SummaryScreen #topic-scope {
    width: 2fr; height: 1; padding: 0 0 0 2; color: $muted;
    text-align: right; text-wrap: nowrap; text-overflow: ellipsis;
}
SummaryScreen #topic-said { height: auto; padding: 0 1; color: $weak; display: none; }
SummaryScreen #summary-body { height: 1fr; }
SummaryScreen #outline {
    width: 26; height: 1fr; max-height: 100%; padding: 1 1 0 1; background: $background;
    border: none; border-right: solid $border-blurred; text-wrap: nowrap; text-overflow: ellipsis;
    scrollbar-size-vertical: 1;
}
SummaryScreen #outline:focus { border: none; border-right: solid $border; background-tint: $foreground 0%; }
SummaryScreen #section { width: 1fr; height: 1fr; padding: 1 1 0 2; scrollbar-size-vertical: 1; }
SummaryScreen #section:focus { background-tint: $foreground 2%; }
SummaryScreen #section-head { height: auto; margin-bottom: 1; }
SummaryScreen #section-said {
    height: auto; max-width: 90; link-color: $foreground; link-style: none;
    link-background-hover: $hover; link-color-hover: $cite; link-style-hover: none;
}
SummaryScreen .section-text { padding: 0; margin: 0; background: transparent; max-width: 100; }
SummaryScreen.-abstained #section-said { border: round $border-blurred; padding: 0 1; max-width: 100; }
SummaryScreen #summary-sources {
    width: 38%; max-width: 72; height: 1fr; padding: 0 1; background: $surface;
    border-left: solid $border-blurred; scrollbar-size-vertical: 1;
}
SummaryScreen #summary-sources:focus { border-left: solid $border; }
SummaryScreen.-open #outline { width: 32; }
SummaryScreen.-folded #summary-sources, SummaryScreen.-stacked #summary-sources {
    display: none; dock: bottom; width: 100%; max-width: 100%; height: 50%;
    border-left: none; border-top: heavy $border;
}
SummaryScreen.-folded.-sources #summary-sources, SummaryScreen.-stacked.-sources #summary-sources {
    display: block;
}
SummaryScreen.-stacked #summary-body { layout: vertical; }
SummaryScreen.-stacked #outline, SummaryScreen.-stacked #outline:focus {
    width: 100%; height: 5; padding: 0 1; border: none; border-bottom: solid $border-blurred;
}
SummaryScreen.-stacked #outline:focus { border-bottom: solid $border; }
SummaryScreen.-stacked #section { width: 100%; padding: 0 1; }
SummaryScreen.-bare #outline, SummaryScreen.-empty #summary-sources { display: none; }
App.-ascii SummaryScreen #outline { border-right: ascii $border-blurred; }
App.-ascii SummaryScreen #outline, App.-ascii SummaryScreen #topic-scope { text-overflow: clip; }
App.-ascii SummaryScreen #outline:focus { border-right: ascii $border; }
App.-ascii SummaryScreen #summary-sources { border-left: ascii $border-blurred; }
App.-ascii SummaryScreen.-abstained #section-said { border: ascii $border-blurred; }
App.-ascii SummaryScreen.-folded #summary-sources, App.-ascii SummaryScreen.-stacked #summary-sources {
    border-left: none; border-top: ascii $border;
}
App.-ascii SummaryScreen.-stacked #outline { border-right: none; border-bottom: ascii $border-blurred; }
"""
