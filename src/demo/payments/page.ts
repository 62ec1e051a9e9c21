/**
 * How the simulated payment pages look: plain HTML with a banner that says what they are. The first button is the usual way on;
 * a payer's own words are escaped by whoever puts them in (`html`).
 */
const style = `
:root{color-scheme:light dark;--line:light-dark(#d6d3d1,#57534e);--accent:light-dark(#0f766e,#5eead4)}
*{box-sizing:border-box}
body{margin:0;font:16px/1.6 system-ui,"Noto Sans TC",sans-serif;background:light-dark(#f5f5f4,#0c0a09);color:light-dark(#1c1917,#e7e5e4)}
.simulated{margin:0;padding:.75rem 1rem;text-align:center;font-weight:600;color:light-dark(#451a03,#fef3c7);
background:light-dark(#fde68a,#422006)}
main{width:min(28rem,100% - 2rem);margin:2rem auto;padding:1.5rem;border:1px solid var(--line);border-radius:.75rem;
background:light-dark(#fff,#1c1917)}
h1{margin:0 0 1rem;font-size:1.3rem}h2{margin:0 0 1rem;font-size:1rem;font-weight:400}
dl{display:grid;grid-template-columns:auto 1fr;gap:.4rem 1rem;margin:0 0 1.25rem}dd{margin:0;text-align:end;font-weight:600;
overflow-wrap:anywhere}
form{margin:0}button,a{display:block;width:100%;margin:.5rem 0 0;padding:.6rem;border:1px solid var(--line);border-radius:.5rem;
font:inherit;text-align:center;text-decoration:none;color:inherit;background:none;cursor:pointer}
button:first-child{border-color:var(--accent);background:var(--accent);color:light-dark(#fff,#134e4a);font-weight:600}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
[role=alert]{color:light-dark(#b91c1c,#fca5a5)}`

interface Shown {
  language: string
  title: string
  /** That nothing here is real. */
  note: string
  body: readonly string[]
}

export function showPage({ language, title, note, body }: Shown, status = 200): Response {
  const document = `<!doctype html><html lang="${language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${style}</style>
<p class="simulated">${note}</p><main><h1>${title}</h1>${body.join('')}</main></html>`
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
  return new Response(document, { status, headers })
}

export function html(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
