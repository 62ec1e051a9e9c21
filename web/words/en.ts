/** Every word of the pages, in English: the shape that other languages fill. */
export const en = {
  title: 'KKCompany AI Platform',
  lead: 'One OpenAI-compatible endpoint to many providers. Calls are metered exactly and paid from pre-paid credit.',
  baseUrl: 'Base URL',
  first: 'A first call',
  needsKey: 'With a key from the operator of this server:',
  reference: 'API reference',
  document: 'OpenAPI document',
  health: 'Health',
  language: '中文',
}

export type Words = typeof en
