"""How the morning report looks: on a bright screen, on a dark one, on paper."""

STYLE = """
:root { color-scheme: light dark;
  --paper: #f6f5f2; --card: #fff; --ink: #1d1d1b; --soft: #62625c; --line: #dedcd4;
  --done: #2f7d4f; --review: #a86200; --failed: #b3261e; --held: #6750a4; --working: #23689b; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #161614; --card: #20201d; --ink: #ecebe6; --soft: #a3a198; --line: #393830;
  --done: #6fc592; --review: #eab04f; --failed: #f2867d; --held: #b9a6f2; --working: #7db8e8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem; }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 2rem 0 .6rem; font-size: 1.1rem; }
h2 small { color: var(--soft); font-weight: 400; }
h3 { margin: 0 0 .4rem; font-size: 1rem; overflow-wrap: anywhere; }
header p, footer, .missing, figcaption { color: var(--soft); margin: .2rem 0; }
footer { max-width: 62rem; margin: 0 auto; padding: 0 1rem 2rem; font-size: .85rem; }
.totals { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1rem; }
.tile { flex: 1 1 7.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: .6rem .8rem; }
.tile b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .85rem; }
.card { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--soft);
  border-radius: 6px; padding: .8rem 1rem; margin: 0 0 .8rem; }
ul.card { padding-left: 2rem; }
.tile.done b, .done .word { color: var(--done); } .card.done { border-left-color: var(--done); }
.tile.review b, .review .word { color: var(--review); }
.card.review { border-left-color: var(--review); }
.tile.failed b, .failed .word { color: var(--failed); }
.card.failed { border-left-color: var(--failed); }
.tile.held b, .held .word { color: var(--held); } .card.held { border-left-color: var(--held); }
.tile.working b, .working .word { color: var(--working); }
.card.working { border-left-color: var(--working); }
.word { font-size: .8rem; font-weight: 600; margin-left: .4rem; white-space: nowrap; }
.said { margin: .2rem 0; } .hint { margin: .2rem 0 .5rem; font-weight: 600; }
.crops { display: flex; gap: .5rem; margin: .6rem 0; }
figure { margin: 0; flex: 0 1 360px; min-width: 0; }
img { display: block; max-width: 100%; height: auto; border: 1px solid var(--line);
  border-radius: 3px; }
figcaption { font-size: .8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin: .5rem 0 0;
  font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
dd ul { margin: .1rem 0; padding-left: 1.1rem; color: var(--soft); }
code { font: .85em ui-monospace, SFMono-Regular, Menlo, monospace; color: var(--soft); }
@media print {
  :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #000; --soft: #444;
    --line: #bbb; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; }
  .card, .tile, figure { break-inside: avoid; } h2 { break-after: avoid; }
  img { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
