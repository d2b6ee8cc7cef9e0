"""The look of a report: one sheet of style, light and dark by the reader's own choice."""

STYLE = """
:root { color-scheme: light dark; --paper:#ffffff; --card:#f7f8fa; --ink:#1b2430; --muted:#5d6773; --grid:#dfe4ea;
  --accent:#2a5bd0; --gain:#0b7a4b; --loss:#c03030; --amber:#8a5a00; --second:#8a93a0; }
@media (prefers-color-scheme: dark) { :root { --paper:#0f1419; --card:#161d25; --ink:#e4e9ef; --muted:#98a4b1;
  --grid:#28323d; --accent:#7ea6ff; --gain:#4cc38a; --loss:#f1786f; --amber:#e0ac4e; --second:#7d8896; } }
* { box-sizing: border-box; }
body { margin:0; background:var(--paper); color:var(--ink);
  font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width:960px; margin:0 auto; padding:48px 24px 96px; }
header { border-bottom:1px solid var(--grid); padding-bottom:24px; }
.kicker { color:var(--muted); font-size:12px; letter-spacing:.08em; text-transform:uppercase; margin:0; }
h1 { font-size:32px; line-height:1.2; margin:6px 0 10px; letter-spacing:-.01em; overflow-wrap:anywhere; }
h2 { font-size:19px; margin:52px 0 12px; letter-spacing:-.005em; }
h3 { font-size:14px; margin:24px 0 6px; color:var(--muted); font-weight:600; }
p { margin:8px 0; max-width:72ch; }
.lead { font-size:17px; }
.badge { display:inline-block; border:1px solid currentColor; border-radius:999px; padding:1px 12px;
  font-size:13px; font-weight:600; }
.promising,.yes,.gain { color:var(--gain); } .poor,.no,.fall { color:var(--loss); }
.mediocre,.wait { color:var(--amber); }
.quiet { color:var(--muted); }
.tiles { display:grid; grid-template-columns:repeat(auto-fit,minmax(190px,1fr)); gap:10px; margin:28px 0 0; }
.tile { background:var(--card); border-radius:10px; padding:14px 16px; }
.tile b { display:block; font-size:21px; font-weight:600; letter-spacing:-.01em; }
.tile span { color:var(--muted); font-size:12.5px; }
.scroll { overflow-x:auto; }
table { border-collapse:collapse; width:100%; margin:8px 0; font-size:14px; }
th { text-align:left; color:var(--muted); font-weight:500; font-size:12.5px; border-bottom:1px solid var(--grid); }
td,th { padding:7px 14px 7px 0; vertical-align:top; }
td { border-bottom:1px solid var(--grid); }
tr:last-child td { border-bottom:0; }
.num { text-align:right; white-space:nowrap; }
code,.id { font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace; overflow-wrap:anywhere; }
.strip { display:flex; height:10px; border-radius:5px; overflow:hidden; gap:2px; margin:14px 0 6px; }
.strip i { background:var(--accent); min-width:3px; }
.strip i.failed { background:var(--loss); } .strip i.cancelled { background:var(--second); }
.dial { position:relative; height:8px; width:150px; background:var(--grid); border-radius:4px; margin-top:7px; }
.dial i { position:absolute; inset:0 auto 0 0; border-radius:4px; background:var(--gain); }
.dial.no i { background:var(--loss); }
.dial u { position:absolute; top:-4px; bottom:-4px; width:2px; background:var(--ink); }
.scroll td .id { white-space:nowrap; }
figure { margin:18px 0; overflow-x:auto; } figure svg { width:100%; min-width:520px; height:auto; }
.pair figure svg { min-width:0; } figcaption { color:var(--muted); font-size:13px; }
.pair { display:grid; grid-template-columns:repeat(auto-fit,minmax(380px,1fr)); gap:8px 40px; }
summary { cursor:pointer; color:var(--muted); }
pre { background:var(--card); border-radius:10px; padding:16px; overflow-x:auto; }
ul { padding-left:20px; margin:6px 0; } li { margin:4px 0; max-width:76ch; }
footer { margin-top:56px; color:var(--muted); font-size:12.5px; }
@media (max-width:560px) { main { padding:28px 16px 64px; } .pair { grid-template-columns:1fr; }
  h1 { font-size:26px; } .dial { width:70px; }
  .scroll table:has(th:nth-child(5)):not(:has(.dial)) { min-width:640px; }
  .tiles { grid-template-columns:1fr 1fr; } }
@media print { main { padding:0; } h2 { break-after:avoid; } figure,table { break-inside:avoid; } }
"""
