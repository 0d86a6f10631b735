const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** A link, or only the escaped text if the address is neither an HTTP URL nor a plain relative path. */
export function linkHtml(address: string, text: string): string {
  const isSafe = /^https?:\/\//.test(address) || /^[#\w%.~!'()*-][\w%./~!'()*-]*$/.test(address);
  return isSafe ? `<a href="${escapeHtml(address)}">${escapeHtml(text)}</a>` : escapeHtml(text);
}

/**
 * A complete HTML page without scripts, fonts and images from elsewhere, for phones and for dark mode too. `body` is
 * HTML. The tone sets the colour of the icon, so that people find the page among many tabs.
 */
export function pageHtml(title: string, body: string, tone: keyof typeof dots = "quiet"): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%23${dots[tone]}'/%3E%3C/svg%3E">
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** Icon colours with good contrast on light and dark tab bars. */
const dots = { good: "2a9d5c", bad: "d6394a", quiet: "7a8696" } as const;

const style = `
:root { --text: #1c2430; --quiet: #5b6776; --paper: #fff; --panel: #f5f7fa; --line: #dde3ea; --link: #0b5cad; --good: #1a7f46; --bad: #c02434; --warn: #8a5a00 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e3e8ee; --quiet: #98a4b3; --paper: #12161c; --panel: #1a2029; --line: #2c3541; --link: #79b4f2; --good: #4cc481; --bad: #ff7a85; --warn: #e2b052 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 4rem }
a { color: var(--link) }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .4rem; padding-left: .8rem; border-left: .35rem solid var(--tone, var(--line)); color: var(--tone, inherit) }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; display: flex; align-items: baseline; gap: .6rem }
section { scroll-margin-top: 3rem }
.good { --tone: var(--good) } .bad { --tone: var(--bad) } .warn { --tone: var(--warn) }
.lead { margin: 0; padding-left: 1.15rem; overflow-wrap: anywhere }
.count { font-size: .85rem; font-weight: 600; color: var(--paper); background: var(--tone, var(--quiet)); border-radius: 1rem; padding: 0 .6rem }
.quiet { color: var(--quiet) }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; padding: 1rem 1.15rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem }
.facts dt { color: var(--quiet) }
.facts dd { margin: 0; overflow-wrap: anywhere }
nav { position: sticky; top: 0; z-index: 1; margin: .75rem 0 -1rem; padding: .5rem 0; background: var(--paper) }
nav ul { list-style: none; display: flex; gap: .5rem; padding: 0; margin: 0; overflow-x: auto; white-space: nowrap }
nav a { display: inline-flex; gap: .5rem; align-items: baseline; text-decoration: none; color: inherit; border: 1px solid var(--line); border-radius: 2rem; padding: .1rem .8rem }
nav a:has(.count) { padding-right: .3rem }
nav a:hover { border-color: var(--link) }
h3, code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace }
code { font-size: .9em }
h3 { font-size: .85rem; font-weight: 600; margin: 0; padding: .45rem .9rem; background: var(--panel); border: 1px solid var(--line); border-bottom: 0; border-radius: .5rem .5rem 0 0; overflow-wrap: anywhere }
pre { font-size: .82rem; line-height: 1.45; margin: 0 0 1rem; padding: .75rem .9rem; border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto; tab-size: 4 }
h3 + pre { border-radius: 0 0 .5rem .5rem }
pre mark { display: block; white-space: pre-wrap; overflow-wrap: anywhere; background: none; color: var(--tone); font-weight: 600 }
pre hr { border: 0; border-top: 1px dashed var(--line); margin: .5rem 0 }
table { border-collapse: collapse; width: 100%; margin-top: 1rem }
td, th { text-align: left; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
td + td, th + th { white-space: nowrap; color: var(--quiet); width: 1% }
@media (max-width: 40rem) {
  main { padding-top: 1rem }
  h1 { font-size: 1.35rem }
  h2 { margin-top: 1.5rem }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .75rem; padding: .5rem .6rem }
  .lead { padding-left: 0 }
  .facts { grid-template-columns: 1fr; gap: 0 }
  .facts dd { margin-bottom: .5rem }
}
`;
