/** What was written into a form, as the server takes it: nothing written is null. */
export function textOf(data: FormData, name: string): string {
  return String(data.get(name) ?? '').trim()
}

export function textOrNull(data: FormData, name: string): string | null {
  return textOf(data, name) || null
}

export function numberOrNull(data: FormData, name: string): number | null {
  const text = textOf(data, name)
  return text === '' ? null : Number(text)
}

/** Parts between commas, blanks or line ends. */
export function listOrNull(data: FormData, name: string): string[] | null {
  const parts = textOf(data, name)
    .split(/[\s,]+/)
    .filter(Boolean)
  return parts.length === 0 ? null : parts
}

/** What a date field holds, as the end of that day where the reader is. */
export function endOfDayOrNull(data: FormData, name: string): string | null {
  const text = textOf(data, name)
  return text === '' ? null : new Date(`${text}T23:59:59`).toISOString()
}

/** What a field of day and time holds, where the reader is. */
export function timeOrNull(data: FormData, name: string): string | null {
  const text = textOf(data, name)
  return text === '' ? null : new Date(text).toISOString()
}
