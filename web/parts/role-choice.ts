/** A member's role as a choice that counts at once. What is refused is told, and the role shown is the one that counts. */
import { useSignal } from '@preact/signals'
import { refusalWords } from '../words/refusal.ts'
import { html } from './html.ts'
import { type Role, roleNames } from './role.ts'

interface RoleChoiceProps {
  label: string
  role: Role
  roles: readonly Role[]
  choose(role: Role): Promise<void>
}

export function RoleChoice({ label, role, roles, choose }: RoleChoiceProps) {
  const failed = useSignal<unknown>(null)
  const sending = useSignal(false)
  const change = async (event: Event) => {
    const select = event.target as HTMLSelectElement
    failed.value = null
    sending.value = true
    try {
      await choose(select.value as Role)
    } catch (cause) {
      failed.value = cause
      select.value = role
    } finally {
      sending.value = false
    }
  }
  return html`<select aria-label=${label} disabled=${sending.value} onChange=${change}>${roles.map(
    (one) =>
      html`<option key=${one} value=${one} selected=${one === role}>${roleNames()[one]}</option>`,
  )}</select>
  ${failed.value !== null && html`<span role="alert" class="error">${refusalWords(failed.value)}</span>`}`
}
