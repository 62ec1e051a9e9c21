/** A letter as it is mailed: subject, text and HTML of the same words. Every name is escaped, no line break gets into a subject. */
import htm from 'htm'
import { h, type VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { Letter } from './letter.ts'
import { en, type Said } from './words-en.ts'
import { zhTW } from './words-zh-tw.ts'

const html = htm.bind(h) as (parts: TemplateStringsArray, ...values: unknown[]) => VNode
const languages = { en, 'zh-TW': zhTW }

export interface Rendered {
  subject: string
  text: string
  html: string
}

export interface Brand {
  platform: string
  publicUrl: string
}

export function renderLetter(letter: Letter, { platform, publicUrl }: Brand): Rendered {
  const words = languages[letter.language]
  const say = words.say[letter.kind] as (letter: Letter, platform: string) => Said
  const { subject, lines, button, after = [] } = say(letter, platform)
  const link = 'path' in letter && letter.path !== null ? publicUrl + letter.path : null
  const foot = words.foot(platform)
  const text = [
    words.hello,
    ...lines,
    ...(link ? [`${button ?? ''}:\n${link}`] : []),
    ...after,
    `-- \n${foot}`,
  ]
  const page = html`
    <html lang=${letter.language}>
      <body style="margin:0;padding:24px;background:#f5f5f4;color:#1c1917;font:16px/1.5 system-ui,sans-serif">
        <div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:12px">
          <p style="margin:0 0 16px;font-weight:700">${platform}</p>
          <p>${words.hello}</p>
          ${lines.map((line) => html`<p>${line}</p>`)}
          ${
            link &&
            html`<p><a href=${link} style="display:inline-block;padding:10px 18px;border-radius:8px;background:#0f766e;color:#ffffff;text-decoration:none">${button}</a></p>
              <p style="font-size:13px;color:#57534e">${words.orCopy}<br />${link}</p>`
          }
          ${after.map((line) => html`<p>${line}</p>`)}
          <p style="margin-top:24px;font-size:13px;color:#57534e">${foot}</p>
        </div>
      </body>
    </html>
  `
  return {
    subject: subject.replace(/[\s\p{Cc}]+/gu, ' ').trim(),
    text: text.join('\n\n'),
    html: `<!doctype html>${renderToString(page)}`,
  }
}
