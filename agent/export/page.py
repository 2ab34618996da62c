"""The frame of an HTML export: one page that loads nothing and runs nothing."""

from __future__ import annotations

from html import escape

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1c1d21; --paper: #fdfdfb; --soft: #5c606b; --line: #d9d9d2;
  --link: #1a52a8; --marked: #ffe58a; --marked-ink: #1c1d21; --note: #f2f1ea; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e1; --paper: #17181b; --soft: #a3a7b1; --line: #3a3c42;
    --link: #8db8ff; --marked: #6b5410; --marked-ink: #fff6d6; --note: #222429; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 46rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 Georgia, "Times New Roman", serif; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2rem 0 .75rem; }
h1 { font-size: 1.7rem; margin-top: .5rem; } h2 { font-size: 1.35rem; } h3 { font-size: 1.1rem; }
a { color: var(--link); } a.mark { text-decoration: none; font-size: .8em; white-space: nowrap; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
blockquote { margin: .5rem 0 .75rem; padding-left: .9rem; border-left: 3px solid var(--line); }
code { font: .85em ui-monospace, Menlo, Consolas, monospace; }
pre { overflow-x: auto; } ol, ul { padding-left: 1.4rem; } li { margin-bottom: .6rem; }
mark { background: var(--marked); color: var(--marked-ink); padding: 0 .1em; }
mark:target, li:target { outline: 2px solid var(--link); }
.origin, .where { color: var(--soft); font-size: .9rem; }
.support { border: 1px solid var(--line); border-radius: .3rem; background: var(--note); padding: 0 .4em;
  font: .8rem/1.5 system-ui, sans-serif; }
.support.weak { border-style: dashed; font-weight: 600; }
.support.uncited { border-width: 2px; font-weight: 700; }
article { border-top: 1px solid var(--line); } article:first-of-type { border-top: 0; }
@media print { body { max-width: none; } a { color: inherit; } }
"""


def page(title: str, body: str, *, style: str = _STYLE, policy: str = _POLICY) -> str:
    """A whole page around `body`, which is HTML; `title` is text, `policy` what the page may load."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
"""
