"""How the report looks: on a bright screen, on a dark one, on paper."""

STYLE = """
:root { color-scheme: light dark;
  --paper: #f7f6f3; --card: #fff; --ink: #1c1c1a; --soft: #5d5d57; --line: #e0ded7;
  --done: #2c7a4b; --review: #9a5a00; --failed: #b3261e; --held: #5f4b96; --spent: #23689b;
  --link: #1f5f94; --wash-failed: #fcedeb; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #151513; --card: #1e1e1b; --ink: #ecebe6; --soft: #a9a79e; --line: #35342e;
  --done: #6fc592; --review: #eab04f; --failed: #f2938a; --held: #b9a6f2; --spent: #7db8e8;
  --link: #8cc4f2; --wash-failed: #2c1d1b; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
header, nav, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
.brand { margin: 0; color: var(--soft); font-weight: 600; letter-spacing: .02em; }
h1 { margin: .1rem 0 .2rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { margin: 0 0 .9rem; font-size: 1.25rem; letter-spacing: -.01em; }
h3 { margin: 0; font-size: 1rem; }
h2 small, h3 small { color: var(--soft); font-weight: 400; font-size: .9em; margin-left: .25rem; }
p { margin: 0; }
.span { color: var(--soft); }
.lead { margin: 1.1rem 0 0; font-size: 1.15rem; max-width: 46rem; }
.soft, .dir, .unshown { color: var(--soft); }
bdi { overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .2em; }
.name a { color: inherit; text-decoration-color: var(--line); }
.name a:hover { color: var(--link); text-decoration-color: currentColor; }
a:focus-visible, summary:focus-visible, .wide:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
nav { margin-top: 1.4rem; }
.part { margin-top: 2.6rem; }
.card, .item, .shot { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
.card { padding: 1.1rem 1.25rem; }
.facts { display: flex; flex-wrap: wrap; gap: .3rem .4rem; margin: 0; list-style: none;
  padding: .7rem .75rem; }
.facts li > a { display: block; color: inherit; text-decoration: none; border-radius: 6px; }
.facts li > a:hover { background: var(--paper); }
.facts li > a span { text-decoration: underline; text-decoration-color: var(--line); }
.facts li, .facts li > a { padding: .3rem .5rem; } .facts li:has(> a) { padding: 0; }
.facts b { display: block; font-size: 1.6rem; line-height: 1.2; font-weight: 600;
  font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.facts span { color: var(--soft); font-size: .9rem; }
.facts .review b { color: var(--review); } .facts .failed b { color: var(--failed); }
.facts .waits b { color: var(--held); } .facts .done b { color: var(--done); }
.caps { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr));
  gap: .9rem 2.6rem; }
* + .caps { margin-top: 1.2rem; padding-top: 1.1rem; border-top: 1px solid var(--line); }
.caps p { display: flex; justify-content: space-between; gap: 1rem; font-size: .93rem; }
.caps svg { display: block; width: 100%; height: 6px; margin-top: .35rem; border-radius: 3px;
  background: var(--line); }
.caps .used { fill: var(--spent); } .caps .taken { fill: var(--soft); }
.caps .soft { font-size: .85rem; grid-column: 1 / -1; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr));
  gap: 1rem 2.6rem; }
figure { margin: 0; min-width: 0; }
.plot { max-width: 34rem; }
.plot figcaption { font-size: .93rem; color: var(--soft); }
.plot svg { display: block; width: 100%; height: auto; overflow: visible; }
.plot text { font: 10.5px system-ui, sans-serif; fill: var(--soft); }
.axis { stroke: var(--soft); fill: none; } .grid { stroke: var(--line); fill: none; }
rect.done { fill: var(--done); } rect.review { fill: var(--review); }
rect.failed { fill: var(--failed); } rect.spent { fill: var(--spent); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; margin: .5rem 0 0;
  padding: 0; font-size: .88rem; color: var(--soft); }
.legend li::before { content: ""; display: inline-block; width: .65em; height: .65em;
  border-radius: 2px; margin-right: .45em; background: currentColor; }
.legend .done::before { background: var(--done); }
.legend .review::before { background: var(--review); }
.legend .failed::before { background: var(--failed); }
details { margin-top: .7rem; }
summary { cursor: pointer; color: var(--link); width: fit-content; font-size: .93rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .45rem 1.2rem .45rem 0;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 500; min-width: 9rem; }
tr:last-child > * { border-bottom: 0; }
.item { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .9rem 1.6rem;
  padding: 1.1rem 1.25rem; margin-bottom: .9rem; }
.item.review { border-left: 4px solid var(--review); }
.item.failed { border-left: 4px solid var(--failed); grid-template-columns: minmax(0, 1fr); }
.item .said { margin-top: .45rem; }
.do { margin-top: .7rem; padding: .55rem .8rem; border-radius: 6px; }
.failed .do { background: var(--wash-failed); }
.do b { font-weight: 600; }
.hands { margin: -.5rem 0 .9rem; color: var(--soft); max-width: 46rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem .9rem;
  margin: .8rem 0 0; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.name { display: flex; align-items: center; gap: .7rem; min-width: 0; }
.name > :last-child { min-width: 0; }
.thumb { display: block; width: 52px; height: 52px; object-fit: contain; flex: none;
  background: var(--paper); border-radius: 5px; }
.pairs { display: grid; gap: .6rem; align-content: start; }
.item .pairs { grid-template-columns: repeat(2, auto); }
.pair figcaption, .two i { font-size: .8rem; font-style: normal; color: var(--soft); }
.shot .pair + .pair i { display: none; }
.two { display: flex; gap: 4px; }
.two span { flex: 0 1 192px; min-width: 0; }
.two img { display: block; max-width: 100%; height: auto; border-radius: 4px;
  outline: 1px solid var(--line); outline-offset: -1px; }
.two i { display: block; }
.item .two span { flex-basis: 150px; }
.folder { margin: 1.6rem 0 .7rem; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(19.5rem, 1fr)); gap: .9rem;
  margin: 0; padding: 0; list-style: none; }
.shot { padding: .85rem .95rem; min-width: 0; }
.shot .pairs { margin-top: .7rem; }
@media (min-width: 60rem) {
  .shot:only-child { grid-column: 1 / -1; display: flex; gap: 1.6rem; }
  .shot:only-child > :first-child { flex: 0 0 36rem; }
  .shot:only-child .pairs { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .shot:only-child .pair + .pair i { display: block; }
  .shot:only-child > :last-child { max-width: 40rem; padding-top: .3rem; } }
.shot p { font-size: .9rem; }
.shot .name { font-size: .95rem; font-weight: 600; }
.shot .made { margin-top: .6rem; }
.shot .note { margin-top: .3rem; color: var(--soft); }
* + .wait { margin-top: 1.1rem; padding-top: 1.1rem; border-top: 1px solid var(--line); }
.wait .said { margin-top: .5rem; } .wait .soft { font-size: .93rem; }
.plainly { margin: .4rem 0 0; padding-left: 1.2rem; } .plainly li { margin: .25rem 0; }
code { font: .88em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
footer { margin-top: 3rem; padding-bottom: 2.5rem; color: var(--soft); font-size: .88rem; }
footer p { padding-top: 1rem; border-top: 1px solid var(--line); }
@media (max-width: 60rem) { .item { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 40rem) {
  header, nav, main, footer { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 1.2rem; } h1 { font-size: 1.5rem; } .lead { font-size: 1.05rem; }
  .item .pairs { grid-template-columns: minmax(0, 1fr); }
  .item .two span { flex-basis: 192px; }
  .item .pair + .pair i { display: none; }
  .sheet { grid-template-columns: minmax(0, 1fr); } .facts b { font-size: 1.35rem; }
  .part { margin-top: 2rem; } }
@page { margin: 14mm 12mm; }
@media print {
  :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #000; --soft: #444;
    --line: #c4c4c4; --done: #2c7a4b; --review: #8a5000; --failed: #a3201a; --held: #4f3d85;
    --spent: #23689b; --link: #000; --wash-failed: #fff; }
  body { font-size: 9.5pt; background: none; }
  header, nav, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  header { padding-top: 0; } details { display: none; }
  .facts li > a span { text-decoration: none; }
  .card, .item, .shot { border-radius: 4px; }
  .item, .shot, .wait, .caps, .plot, figure, tr { break-inside: avoid; }
  h2, h3, .folder { break-after: avoid; } .do { padding: .2rem 0; }
  .part { margin-top: 1.4rem; }
  .item { grid-template-columns: minmax(0, 1fr) auto; }
  .item .pairs { grid-template-columns: auto; } .item .two span { flex-basis: 24mm; }
  .item { padding: .7rem .9rem; } .item .pair + .pair i { display: none; }
  .sheet { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .wide { overflow: visible; } a { text-decoration: none; }
  img, svg, rect, .legend li::before { print-color-adjust: exact;
    -webkit-print-color-adjust: exact; } }
"""
