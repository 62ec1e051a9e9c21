/** The list of what providers charge. Embedded as a plain module and loaded when asked for: compiled ahead it would take 3 MB. */
import * as list from '@pydantic/genai-prices'

export const findProvider = list.findProvider
