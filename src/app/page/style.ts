// The stylesheet of the page: one file of its own, because the page may contain no style. Each
// state has its words, so that colours only repeat what is written.

export const STYLE = `:root {
  color-scheme: light dark;
  --back: #ffffff; --text: #1b1d20; --faint: #555b63; --line: #c9ced6; --band: #f3f5f8;
  --link: #0b57a4; --good: #1c6b2c; --wait: #7a4d00; --bad: #a4001d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #15181c; --text: #e6e8ea; --faint: #a9b0b8; --line: #3d444d; --band: #1e2329;
    --link: #8ab8ff; --good: #7fd493; --wait: #f0c060; --bad: #ff9a9a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 0 1rem 3rem; max-width: 110rem;
  background: var(--back); color: var(--text);
  font: 1rem/1.45 system-ui, sans-serif;
}
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; padding: .5rem; background: var(--back); z-index: 1; }
header { padding: 1rem 0 .5rem; border-bottom: 1px solid var(--line); }
header p, footer p { margin: 0; }
h1 { font-size: 1.5rem; margin: 1rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; overflow-wrap: anywhere; }
.good { color: var(--good); } .wait { color: var(--wait); } .bad { color: var(--bad); }
.bad, .strong { font-weight: 600; }
.faint, caption, footer { color: var(--faint); }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 1rem 0; }
label { display: block; }
input, select, button { font: inherit; padding: .3rem .5rem; max-width: 100%; }
input[type=search] { width: 22rem; }
nav ul, .states { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; }
[aria-current] { font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 38rem; }
caption { text-align: start; padding: .25rem 0; }
th, td { text-align: start; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { white-space: nowrap; }
tbody tr:hover { background: var(--band); }
tbody th { font-weight: 500; }
time { white-space: nowrap; }
code, pre { font-family: ui-monospace, monospace; font-size: .9rem; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; margin: .25rem 0; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
.alert { border-inline-start: 4px solid var(--bad); padding-inline-start: .75rem; }
.reasons > li, .events > li { margin-bottom: .5rem; }
.events { padding-inline-start: 3rem; }
.timeline { list-style: none; padding: 0; margin: .5rem 0 0 .5rem; }
.timeline li { position: relative; padding: 0 0 .6rem 1.25rem;
  border-inline-start: 3px solid var(--faint); }
.timeline li::before { content: ""; position: absolute; inset-inline-start: -.5rem; top: .35rem;
  width: .8rem; height: .8rem; border-radius: 50%; border: 3px solid var(--faint);
  background: var(--faint); }
.timeline .now { border-inline-start-style: dashed; font-weight: 600; }
.timeline .now::before { border-color: var(--link); background: var(--link); }
.timeline .future { border-inline-start-style: dashed; }
.timeline .future::before { border-style: dashed; background: var(--back); }
.timeline li:last-child { border-inline-start-color: transparent; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } }
@media print {
  :root { --back: #fff; --text: #000; --faint: #333; --line: #999; --link: #000;
    --good: #000; --wait: #000; --bad: #000; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  form, nav, .skip { display: none; }
  .wide { overflow: visible; } table { min-width: 0; }
  tr, li { break-inside: avoid; } thead { display: table-header-group; }
  .timeline li::before { print-color-adjust: exact; }
}
`;
