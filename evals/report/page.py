"""The frame of the HTML report: one page that loads nothing, runs nothing, and takes no style but its own."""

from __future__ import annotations

import base64
import hashlib

from agent.export import page as frame
from store.text import printable

LIGHT = {
    "ink": "#1c1d21",
    "paper": "#fdfdfb",
    "soft": "#5c606b",
    "line": "#d9d9d2",
    "link": "#1a52a8",
    "note": "#f2f1ea",
    "mark0": "#1a52a8",
    "mark1": "#b3590a",
    "right": "#1d6b34",
    "partly": "#845300",
    "wrong": "#b02020",
    "curve": "#7c808a",
}
"""Text on paper or on a note has a contrast of 4.5 at least, marks of figures of 3 (WCAG 2.2, 1.4.3 and 1.4.11)."""
DARK = {
    "ink": "#e6e6e1",
    "paper": "#17181b",
    "soft": "#a3a7b1",
    "line": "#3a3c42",
    "link": "#8db8ff",
    "note": "#222429",
    "mark0": "#8db8ff",
    "mark1": "#e0964a",
    "right": "#7fd39a",
    "partly": "#e6b84f",
    "wrong": "#ff9a92",
    "curve": "#80848e",
}
_STYLE = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.55 Georgia, "Times New Roman", serif; }
main { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; }
h1, h2, h3, h4 { line-height: 1.25; margin: 2rem 0 .75rem; }
h1 { font-size: 1.7rem; margin-top: .5rem; } h2 { font-size: 1.35rem; } h3 { font-size: 1.1rem; }
h4, .question h3 { font-size: 1rem; margin: 1.25rem 0 .4rem; }
p { margin: .5rem 0; } a { color: var(--link); }
a.mark { text-decoration: none; font-size: .8em; white-space: nowrap; }
a:focus-visible, summary:focus-visible, .wide:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code { font: .85em ui-monospace, Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; background: var(--note); padding: .6rem .8rem; }
blockquote { margin: .4rem 0 .6rem; padding-left: .9rem; border-left: 3px solid var(--line); }
ul, ol { padding-left: 1.4rem; margin: .4rem 0; } li { margin-bottom: .3rem; }
dl.head { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 1rem 0;
  font: .9rem/1.5 system-ui, sans-serif; }
dt { color: var(--soft); } dd { margin: 0; }
.soft { color: var(--soft); font-size: .9rem; }
.warnings { border: 2px solid var(--wrong); border-radius: .3rem; padding: .25rem 1rem; }
.warnings h2 { margin: .5rem 0; font-size: 1.1rem; color: var(--wrong); }
.wide { overflow-x: auto; margin: .5rem 0; }
table { border-collapse: collapse; overflow-wrap: normal; font-variant-numeric: tabular-nums;
  font: .88rem/1.45 system-ui, sans-serif; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody th { font-weight: 400; } .number { text-align: right; white-space: pre; }
.sections { display: grid; gap: 0 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.figures { display: grid; gap: 1.5rem 2.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.sections h3 { margin-top: 1rem; }
figure { margin: 0; break-inside: avoid; } figure h3 { margin: .5rem 0; }
figcaption { color: var(--soft); font-size: .9rem; margin: .25rem 0 .5rem; }
svg { display: block; width: 100%; max-width: 30rem; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--ink); } svg .label { fill: var(--soft); }
svg .tag { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
svg .small { font-size: 9px; } svg .middle { text-anchor: middle; } svg .end { text-anchor: end; }
svg path { fill: none; }
svg .grid { stroke: var(--line); } svg .axis { stroke: var(--soft); }
svg .curve { stroke: var(--curve); stroke-dasharray: 4 3; }
svg .guide { stroke: var(--soft); stroke-dasharray: 2 3; }
svg .mark0 { fill: var(--mark0); } svg .mark1 { fill: var(--mark1); }
svg .line0 { stroke: var(--mark0); stroke-width: 2; }
svg .line1 { stroke: var(--mark1); stroke-width: 2; stroke-dasharray: 6 3; }
svg .halo { stroke: var(--paper); stroke-width: 4; } svg .whisker { stroke: var(--ink); stroke-width: 1.5; }
fieldset { border: 0; margin: .5rem 0; padding: 0; font: .88rem/1.5 system-ui, sans-serif; }
legend { color: var(--soft); padding: 0; }
fieldset label { display: inline-block; margin: .15rem .9rem .15rem 0; white-space: nowrap; }
input { accent-color: var(--link); margin: 0 .3rem 0 0; }
summary { cursor: pointer; } figure summary { font: .88rem/1.5 system-ui, sans-serif; color: var(--link); }
.question { border-top: 1px solid var(--line); } .question > summary { padding: .5rem 0; }
.question[open] { padding-bottom: 1rem; } .question[open] > summary { font-weight: 700; }
.verdict { display: inline-block; font: 600 .8rem/1.5 system-ui, sans-serif; margin-right: .4rem; }
.right { color: var(--right); } .partly { color: var(--partly); } .wrong, .error { color: var(--wrong); }
.open { color: var(--soft); }
.side { color: var(--soft); font: .8rem/1.5 system-ui, sans-serif; white-space: nowrap; margin-left: .4rem; }
.scores { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1.2rem;
  font: .85rem/1.5 system-ui, sans-serif; }
.support { border: 1px solid var(--line); border-radius: .3rem; background: var(--note); padding: 0 .4em;
  font: .8rem/1.5 system-ui, sans-serif; }
.support.weak { border-style: dashed; font-weight: 600; } .support.uncited { border-width: 2px; font-weight: 700; }
blockquote:target { outline: 2px solid var(--link); }
.nothing { display: none; }
@supports not selector(:has(*)) { .filters { display: none; } }
@media (max-width: 30rem) { table { font-size: .8rem; } th, td { padding-right: .55rem; }
  dl.head { grid-template-columns: 1fr; } dd { margin: 0 0 .3rem; } }
@media print { main { max-width: none; } .filters { display: none; } .wide { overflow: visible; }
  table { font-size: 7.5pt; } th, td { padding-right: .4rem; }
  a { color: inherit; } .question > summary { break-after: avoid; } }
"""


def page(title: str, body: str, rules: str) -> str:
    """A whole page around `body`, which is HTML; `title` is text, `rules` is further style."""
    style = f"{_colours()}{_STYLE}{rules}"
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{known}'; base-uri 'none'; form-action 'none'"
    return frame.page(printable(title), body, style=style, policy=policy)


def _colours() -> str:
    # On paper the light colours hold, whatever the screen has.
    return (
        f"\n:root {{ color-scheme: light dark; {_variables(LIGHT)} }}"
        f"\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}"
    )


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
