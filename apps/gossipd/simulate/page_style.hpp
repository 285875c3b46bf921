#pragma once
/// \file
/// How the page looks. Colours are those of Okabe and Ito, and shades of one hue: told apart by everybody.

#include <string_view>

namespace gossipd::simulation {

inline constexpr std::string_view page_style = R"(
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2126;--soft:#5b6570;--rule:#c9d0d6;--grid:#e6eaed;
--a:#0072b2;--b:#c04e00;--c:#007a5a;--trouble:#f3ead0;--failure:#8a6d00;--links:#6b7783;
--d0:#d3e6f4;--d1:#9dc6e3;--d2:#5fa2cf;--d3:#2473ac;--d4:#0b3f6b}
@media screen and (prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e3e7ea;--soft:#9aa6b1;--rule:#4a545d;
--grid:#2a3138;--a:#56b4e9;--b:#f0a030;--c:#2fc79c;--trouble:#3a331c;--failure:#d9bd5a;--links:#8b98a5;
--d0:#2b4a63;--d1:#33719f;--d2:#4b9fd3;--d3:#8cc9ee;--d4:#e2f3fd}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:62rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.25rem;margin:2.2rem 0 .3rem;padding-top:.8rem;border-top:1px solid var(--rule)}
h3{font-size:1.02rem;margin:0 0 .3rem}
p{margin:.4rem 0;max-width:46rem}
.soft,figcaption{color:var(--soft);font-size:.875rem}
pre{margin:.6rem 0;padding:.5rem .7rem;background:var(--grid);font-size:.8125rem;white-space:pre-wrap;
overflow-wrap:anywhere}
.alarm{border-left:4px solid var(--b);padding:.1rem .8rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;min-width:100%;margin-bottom:1rem;align-self:start;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.22rem 0 .22rem .9rem;text-align:right;vertical-align:top;white-space:nowrap}
th{font-weight:600}
th:first-child{padding-left:0}
th[scope=row]{text-align:left;font-weight:400;white-space:normal;min-width:9rem}
small{color:var(--soft);font-size:.78rem}
thead th{border-bottom:1px solid var(--rule);color:var(--soft)}
thead th:first-child{text-align:left;color:var(--ink)}
tbody tr{border-bottom:1px solid var(--grid)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.6rem 2rem;margin:1rem 0}
.charts.three{grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr))}
figure{margin:0;break-inside:avoid}
figure.large{max-width:42rem;margin:1rem 0}
svg{display:block;width:100%;height:auto}
svg text{font-size:11.5px;fill:var(--ink)}
.tick{fill:var(--soft)}
svg .title{font-size:11.5px;fill:var(--ink)}
.mark{fill:var(--failure)}
.label{font-weight:600}
.axis{stroke:var(--soft);stroke-width:1}
.grid{stroke:var(--grid);stroke-width:1}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.line.a{stroke:var(--a)}.line.b{stroke:var(--b)}.line.c{stroke:var(--c)}
.dashed{stroke-dasharray:7 3}.dotted{stroke-dasharray:2 2.5}
.point.a,svg .label.a{fill:var(--a)}.point.b,svg .label.b{fill:var(--b)}.point.c,svg .label.c{fill:var(--c)}
svg .mark{fill:var(--failure)}svg .tick{fill:var(--soft)}
.bar,.bar.a{fill:var(--a)}.bar.b{fill:var(--b)}.bar.c{fill:var(--c)}
.band{fill:var(--a);fill-opacity:.22}
svg .soft{fill:var(--soft);font-size:11.5px}
.typical{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
.typical.solid{stroke-dasharray:none}
.trouble{fill:var(--trouble)}
.failure{stroke:var(--failure);stroke-width:1.5}
.links{fill:none;stroke:var(--links);stroke-width:1;stroke-opacity:.5}
.links.many{stroke-width:.6;stroke-opacity:.22}
.node{stroke:var(--paper);stroke-width:.8}
.d0{fill:var(--d0);background:var(--d0)}.d1{fill:var(--d1);background:var(--d1)}.d2{fill:var(--d2);background:var(--d2)}
.d3{fill:var(--d3);background:var(--d3)}.d4{fill:var(--d4);background:var(--d4)}
.shades span{white-space:nowrap;margin-right:1rem}
.shades i{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.35em;border:1px solid var(--rule)}
@media (max-width:30rem){body{padding:1rem .75rem 2rem}svg text,svg .title,svg .soft{font-size:12.2px}
th,td{padding-left:.6rem}table{font-size:.82rem}}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:10.5pt}
.charts{grid-template-columns:1fr 1fr;gap:1rem 1.5rem}.charts.three{grid-template-columns:1fr 1fr 1fr}figure.large{max-width:14cm}
.wide{overflow:visible}h2,h3{break-after:avoid}tr{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{margin:1.5cm}}
)";

}  // namespace gossipd::simulation
