/** An amount, a time or a count in the text: shortened for the eye, exact in its title. */
import { date, exact, time, usd, utc } from '../format.ts'
import { html } from './html.ts'

export function Usd({ amount }: { amount: string | null }) {
  return amount === null
    ? html`<span>–</span>`
    : html`<span title=${exact(amount)}>${usd(amount)}</span>`
}

export function Time({ at, seconds }: { at: string | null; seconds?: boolean }) {
  return at === null
    ? html`<span>–</span>`
    : html`<time datetime=${at} title=${utc(at)}>${time(at, seconds)}</time>`
}

export function Day({ at }: { at: string }) {
  return html`<time datetime=${at} title=${utc(at)}>${date(at)}</time>`
}
