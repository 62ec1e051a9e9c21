/**
 * Markdown as nodes: what `marked` reads, without any HTML of the text itself. Documents and guides are written by the
 * operator and by us, yet a tag in them stays text.
 */
import { lexer, type Token, type Tokens } from 'marked'
import type { ComponentChildren, VNode } from 'preact'
import { h } from 'preact'
import { Code } from './copy.ts'
import { html } from './html.ts'
import { Table } from './table.ts'

/** The page has a title of its own: the text's is left out, or comes below it. */
export function Markdown({ text }: { text: string }) {
  return html`<div class="prose">${showAll(lexer(text))}</div>`
}

function showAll(tokens: readonly Token[] = []): ComponentChildren[] {
  return tokens.map((token, index) => show(token, index))
}

function show(token: Token, key: number): ComponentChildren {
  switch (token.type) {
    case 'heading': {
      const { depth, tokens, text } = token as Tokens.Heading
      return h(`h${Math.max(depth, 2)}`, { key, id: slug(text) }, showAll(tokens))
    }
    case 'paragraph':
      return html`<p key=${key}>${showAll(token.tokens)}</p>`
    case 'blockquote':
      return html`<blockquote key=${key}>${showAll(token.tokens)}</blockquote>`
    case 'list': {
      const { ordered, items } = token as Tokens.List
      const shown = items.map((item, at) => html`<li key=${at}>${showAll(item.tokens)}</li>`)
      return ordered ? html`<ol key=${key}>${shown}</ol>` : html`<ul key=${key}>${shown}</ul>`
    }
    case 'code':
      return html`<${Code} key=${key} text=${token.text} label=${token.lang} />`
    case 'table':
      return showTable(token as Tokens.Table, key)
    case 'hr':
      return html`<hr key=${key} />`
    case 'strong':
      return html`<strong key=${key}>${showAll(token.tokens)}</strong>`
    case 'em':
      return html`<em key=${key}>${showAll(token.tokens)}</em>`
    case 'del':
      return html`<del key=${key}>${showAll(token.tokens)}</del>`
    case 'codespan':
      return html`<code key=${key}>${token.text}</code>`
    case 'br':
      return html`<br key=${key} />`
    case 'link':
      return showLink(token as Tokens.Link, key)
    case 'space':
      return null
    default:
      // `text` within a list item holds tokens of its own; `html` is shown as it was written.
      return 'tokens' in token && token.tokens ? showAll(token.tokens) : plainText(token)
  }
}

function plainText(token: Token): string {
  return 'text' in token ? String(token.text) : token.raw
}

function showTable({ header, rows }: Tokens.Table, key: number): VNode {
  const head = header.map(({ text }) => text.replaceAll('`', ''))
  return html`<${Table} key=${key} label=${head.join(', ')} head=${head}>${rows.map(
    (row, at) =>
      html`<tr key=${at}>${row.map((cell, column) => html`<td key=${column}>${showAll(cell.tokens)}</td>`)}</tr>`,
  )}<//>`
}

/** Of this site, of the web, or a mail: nothing that runs. */
function showLink({ href, tokens }: Tokens.Link, key: number): ComponentChildren {
  const safe = /^(https?:|mailto:|\/(?!\/)|#)/.test(href)
  return safe ? html`<a key=${key} href=${href}>${showAll(tokens)}</a>` : showAll(tokens)
}

export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
}
