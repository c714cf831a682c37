/** The whole style sheet: one text, so that the page's policy can name its hash. */
export const style = `
:root{color-scheme:light dark;--bg:#fafaf8;--card:#fff;--ink:#1b2127;--dim:#56606b;--line:#dcdfe2;--link:#0a4f9c;
--red:#a8201a;--amber:#8a4b00;--violet:#5f3a9c;--blue:#0a4f9c;--green:#23653a;--code:#f1f2f0}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1b1f23;--ink:#e8ebee;--dim:#a7b0ba;--line:#343b42;
--link:#8cc0ff;
--red:#ff9a92;--amber:#f3b562;--violet:#c9adff;--blue:#8cc0ff;--green:#86d29b;--code:#22272c}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,"Segoe UI",sans-serif;
overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;
z-index:1}
header,main,footer{max-width:78rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline;padding-top:1rem;font-size:.9rem}
header nav{display:flex;gap:1.25rem}header p{margin:0 0 0 auto;color:var(--dim)}
header a{display:inline-block;padding:.25rem 0}
.brand{font-weight:600}[aria-current]{color:var(--ink);font-weight:600;text-decoration:none}
h1{font-size:1.75rem;line-height:1.2;margin:1.75rem 0 .25rem;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.1rem;margin:2.25rem 0 .75rem;font-weight:650}h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:.5rem 0}.dim,small{color:var(--dim)}small{font-size:.85rem}.lead{font-size:1.1rem;max-width:48rem;
margin:.25rem 0}
.note{border:1px solid var(--line);border-left:4px solid var(--blue);background:var(--card);padding:.5rem 1rem;
margin:1rem 0;border-radius:4px}
.note.bad{border-left-color:var(--red)}
.i{width:1rem;height:1rem;flex:none;vertical-align:-.13em;margin-right:.45rem}.defs{position:absolute;width:0;
height:0}
.f{fill:currentColor}.k{fill:none;stroke:var(--card);stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.l,.s{fill:none;stroke:currentColor;stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}
.blocked,.stalled{color:var(--red)}.overdue{color:var(--amber)}.person{color:var(--violet)}.app{color:var(--blue)}
.moving{color:var(--dim)}.idle{color:var(--green)}
.state{font-weight:600;white-space:nowrap}.state.moving,.state.idle{font-weight:500}
.states{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;padding:0;margin:1.25rem 0}
.states a{display:inline-flex;align-items:center;border:1px solid var(--line);background:var(--card);
border-radius:99px;
padding:.3rem .8rem;text-decoration:none;font-size:.9rem}
.states a:not([class]){color:var(--ink)}
.states b{margin-left:.5rem;font-weight:650;color:var(--ink)}.states a.none{color:var(--dim)}
.states a[aria-current]{border-color:currentColor;box-shadow:inset 0 0 0 1px currentColor}
.states a:hover,.go:hover{border-color:currentColor}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:6px;
font-size:.95rem}
caption{text-align:left;color:var(--dim);font-size:.9rem;padding:.25rem 0 .5rem}
th,td{text-align:left;vertical-align:top;padding:.65rem .9rem;border-top:1px solid var(--line)}
thead th{border-top:0;font-size:.8rem;font-weight:600;color:var(--dim);white-space:nowrap}
tbody th{font-weight:600;overflow-wrap:break-word}table+table,p+table{margin-top:1rem}
td small,dd small{display:block}.num,.one{white-space:nowrap}.why{width:40%}.name{min-width:8rem}
.bar{display:block;width:6rem;height:5px;margin:.35rem 0 0;background:var(--line);border-radius:3px}
.bar rect{fill:var(--green)}
.bar.late rect{fill:var(--amber)}
pre{margin:.25rem 0 .75rem;padding:.6rem .8rem;background:var(--code);border:1px solid var(--line);border-radius:4px;
white-space:pre-wrap;font:.85rem/1.5 ui-monospace,Consolas,monospace}
pre code{user-select:all;-webkit-user-select:all}
code{font-family:ui-monospace,Consolas,monospace;font-size:.92em}
.what{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.25rem 1.25rem .75rem;
margin:1.5rem 0}
.what h2{margin-top:1rem}.what h3{margin-top:1rem}
.line{margin:0;color:var(--dim);background:var(--card);border:1px solid var(--line);border-radius:6px;padding:1rem}
.line svg{display:block;width:100%;margin:0 auto;font:13px system-ui,sans-serif}.line .up{display:none;
max-width:24rem;margin:0}
.line text{fill:var(--ink)}.line .t{fill:var(--dim);font-size:12px}.line .b{font-weight:650}
.line .done{stroke:var(--green);fill:var(--green)}.line .tick{stroke:var(--card);fill:none;stroke-width:2}
.line .way{stroke:var(--green);stroke-width:3}.line .ahead{stroke:var(--dim);fill:var(--card);stroke-width:2}
.line .far{stroke:var(--dim);stroke-width:2;stroke-dasharray:2 6;stroke-linecap:round}
.line .now{stroke:var(--blue);fill:var(--blue)}.line .near{stroke:var(--blue);stroke-width:3;stroke-dasharray:7 5}
.line .gate{stroke:var(--ink);stroke-width:2;fill:none}
.off{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.4rem 1.5rem;margin:0}dt{color:var(--dim)}dd{margin:0}
.go,button{display:inline-block;font:inherit;font-size:.95rem;padding:.4rem 1rem;border:1px solid var(--line);
border-radius:4px;
background:var(--card);color:var(--link);text-decoration:none;cursor:pointer}
button{background:var(--link);color:var(--bg);border-color:var(--link);font-weight:600}
.acts,.pages{display:flex;flex-wrap:wrap;gap:.6rem;margin:.75rem 0;padding:0;list-style:none}
.pages{justify-content:space-between}
label{display:block;font-weight:600;margin:.75rem 0 .25rem}
input[type=text],textarea{font:inherit;width:100%;max-width:36rem;padding:.45rem .6rem;border:1px solid var(--dim);
border-radius:4px;
background:var(--card);color:inherit}
footer{margin-top:3rem;padding-top:1rem;padding-bottom:2rem;color:var(--dim);font-size:.85rem}
@media (max-width:52rem){header p{margin-left:0}.line .over{display:none}.line .up{display:block}
thead{display:none}table,tbody,tr,th,td,caption{display:block}table{border:0;background:none}
tr{background:var(--card);border:1px solid var(--line);border-radius:6px;margin:0 0 .75rem;padding:.5rem .9rem}
th,td,.why{border:0;padding:.2rem 0;width:auto}.one{white-space:normal}td[data-h]::before{content:attr(data-h) ": ";
color:var(--dim);font-size:.85rem}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}.what{padding:.25rem 1rem .75rem}}
@media print{:root{--bg:#fff;--card:#fff;--ink:#000;--dim:#444;--line:#bbb;--link:#000;--code:#fff;
--red:#7a0000;--amber:#5c3300;--violet:#3d2070;--blue:#003a7a;--green:#0f4522}
body{font-size:10pt}header nav,.states,.skip,.live,.acts,.pages{display:none}h2,tr,.what,.line{break-inside:avoid}
h2{break-after:avoid}
a{color:inherit;text-decoration:none}header,main,footer{max-width:none;padding:0}}
`;
