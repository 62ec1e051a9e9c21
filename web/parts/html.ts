/** Markup as tagged templates: `html` makes what preact renders. Props are typed by each component, not by htm. */
import htm from 'htm'
import { h, type VNode } from 'preact'

export const html = htm.bind(h) as (parts: TemplateStringsArray, ...values: unknown[]) => VNode
