/** The reader's language and theme, kept in this browser, and the typed dictionaries: a missing word does not compile. */
import { effect, signal } from '@preact/signals'

export type Language = 'en' | 'zh-TW'
export type Theme = 'system' | 'light' | 'dark'

/** Private windows may refuse to keep anything: then it lasts as long as the page. */
export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {}
}
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

const preferred: Language = navigator.language.startsWith('zh') ? 'zh-TW' : 'en'
const keptLanguage = kept('language')
export const language = signal<Language>(
  keptLanguage === 'en' || keptLanguage === 'zh-TW' ? keptLanguage : preferred,
)
const keptTheme = kept('theme')
export const theme = signal<Theme>(
  keptTheme === 'light' || keptTheme === 'dark' ? keptTheme : 'system',
)

effect(() => {
  document.documentElement.lang = language.value
  keep('language', language.value)
})
effect(() => {
  document.documentElement.dataset.theme = theme.value
  keep('theme', theme.value)
})

/** A dictionary: `const w = words({ en: {…}, 'zh-TW': {…} })`, and within a component `w().title`. */
export function words<W>(table: { en: W; 'zh-TW': NoInfer<W> }): () => W {
  return () => table[language.value]
}
