/**
 * Forms as every page has them: a label and a hint for each field, what is wrong beside the field it is about, a button that
 * cannot be pressed twice, and nothing typed is lost when something fails.
 */
import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { Refusal } from '../api.ts'
import { refusalWords } from '../words/refusal.ts'
import { shell } from '../words/shell.ts'
import { html } from './html.ts'
import { isSignedOut } from './load.ts'

export interface FormState {
  sending: Signal<boolean>
  /** What was refused; `param` names the field. */
  refused: Signal<unknown>
}

/** Of a body by field names, the fields that were changed here: what another tab saved meanwhile stays as it is. */
export type Changed = <T extends object>(body: T) => Partial<T>

interface FormProps {
  /** Called once for each time it is sent; what it throws is shown. */
  onSend(data: FormData, changed: Changed): Promise<void>
  submit: string
  danger?: boolean
  children(state: FormState): ComponentChildren
}

export function Form({ onSend, submit, danger, children }: FormProps) {
  const sending = useSignal(false)
  const refused = useSignal<unknown>(null)
  const form = useRef<HTMLFormElement>(null)
  const send = async (event: Event) => {
    event.preventDefault()
    if (sending.value || !form.current) return
    sending.value = true
    refused.value = null
    try {
      await onSend(new FormData(form.current), changedIn(form.current))
    } catch (cause) {
      refused.value = cause
      focusField(form.current, cause)
    } finally {
      sending.value = false
    }
  }
  const known = form.current ? fieldNames(form.current) : new Set()
  const cause = refused.value
  const elsewhere =
    cause !== null && !(cause instanceof Refusal && cause.param !== null && known.has(cause.param))
  return html`
    <form ref=${form} onSubmit=${send} class="form">
      ${children({ sending, refused })}
      ${
        elsewhere &&
        html`<p role="alert" class="error">${refusalWords(cause)}
        ${isSignedOut(cause) && html`<a href="/login" target="_blank">${shell().login}</a>`}</p>`
      }
      <button type="submit" class=${danger ? 'danger' : 'primary'} aria-disabled=${sending.value}>
        ${sending.value ? shell().sending : submit}
      </button>
    </form>
  `
}

function fieldNames(form: HTMLFormElement, which = (_: Element) => true): Set<string> {
  return new Set([...form.elements].filter(which).map((one) => one.getAttribute('name') ?? ''))
}

function changedIn(form: HTMLFormElement): Changed {
  const names = fieldNames(form, (field) => {
    if (field instanceof HTMLSelectElement)
      return [...field.options].some((one) => one.selected !== one.defaultSelected)
    if (field instanceof HTMLInputElement && field.type === 'checkbox')
      return field.checked !== field.defaultChecked
    return 'defaultValue' in field && 'value' in field && field.value !== field.defaultValue
  })
  return (body) =>
    Object.fromEntries(Object.entries(body).filter(([name]) => names.has(name))) as typeof body
}

function focusField(form: HTMLFormElement, cause: unknown): void {
  const name = cause instanceof Refusal ? cause.param : null
  const field = name === null ? null : form.elements.namedItem(name)
  if (field instanceof HTMLElement) field.focus()
}

interface FieldProps {
  form: FormState
  name: string
  label: ComponentChildren
  hint?: ComponentChildren
  /** Of `<input>`; `select` and `textarea` name those elements. */
  type?: string
  value?: string | null
  options?: readonly (readonly [value: string, label: string])[]
  required?: boolean
  autocomplete?: string
  inputmode?: string
  onInput?(value: string): void
  [attribute: string]: unknown
}

/** One labelled field with its hint and what is wrong with it. */
export function Field({
  form,
  name,
  label,
  hint,
  type = 'text',
  value,
  options,
  onInput,
  ...rest
}: FieldProps) {
  const id = useId()
  const cause = form.refused.value
  const wrong = cause instanceof Refusal && cause.param === name ? refusalWords(cause) : null
  const shared = {
    ...{ id, name, ...rest },
    'aria-invalid': wrong !== null,
    'aria-describedby': `${id}-hint ${id}-wrong`,
    onInput: (event: Event) => onInput?.((event.target as HTMLInputElement).value),
  }
  const notes = html`
    ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
    ${wrong && html`<small id=${`${id}-wrong`} class="error" role="alert">${wrong}</small>`}
  `
  if (type === 'checkbox') {
    return html`<div class="field check">
      <input ...${shared} type="checkbox" defaultChecked=${value === 'on'} />
      <label for=${id}>${label}</label>${notes}
    </div>`
  }
  const input =
    type === 'select'
      ? html`<select ...${shared}>${options?.map(
          ([one, text]) =>
            html`<option value=${one} defaultSelected=${one === (value ?? '')}>${text}</option>`,
        )}</select>`
      : type === 'textarea'
        ? html`<textarea ...${shared} defaultValue=${value ?? ''}></textarea>`
        : html`<input ...${shared} type=${type} defaultValue=${value ?? ''} />`
  return html`<div class="field"><label for=${id}>${label}</label>${input}${notes}</div>`
}
