/**
 * Setting up a new platform by the address that its first start prints (`?token=`): the operator, the platform, a provider,
 * prices, and a first call. The server knows what is done, so a reload goes on where it was.
 */
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useQuery } from '../parts/query.ts'
import { RecentDialog } from '../parts/recent.ts'
import {
  AdminStep,
  BrandStep,
  PricesStep,
  ProviderStep,
  readSetup,
  type SetupView,
  TestStep,
} from '../parts/setup-steps.ts'
import { session, startPath } from '../session.ts'
import { setup } from '../words/setup.ts'

/** In order. */
const steps = {
  admin: AdminStep,
  brand: BrandStep,
  provider: ProviderStep,
  prices: PricesStep,
  test: TestStep,
}
type StepName = keyof typeof steps
const names = Object.keys(steps) as StepName[]

export function Setup() {
  const w = setup()
  const { query } = useQuery()
  const token = query.token ?? ''
  const state = useLoad(token, () => readSetup(token))
  return html`
    <h1>${w.title}</h1>
    <p>${w.lead}</p>
    <${Load} of=${state}>${(view: SetupView) => {
      const done = view.steps
      const step = names.find((name) => !done[name])
      return html`<${Progress} done=${done} step=${step} />
        ${
          step === undefined
            ? html`<${Ready} />`
            : html`<h2>${w.steps[step]}</h2>
              <${steps[step]} key=${step} token=${token} view=${view} onDone=${state.again} />`
        }`
    }}<//>
    <${RecentDialog} />
  `
}

function Progress({ done, step }: { done: SetupView['steps']; step?: StepName }) {
  const w = setup()
  return html`<ol class="row progress">${names.map(
    (name) => html`<li key=${name} aria-current=${name === step ? 'step' : undefined}>
      ${w.steps[name]} ${done[name] && html`<span class="badge good">✓<span class="hidden"> ${w.done}</span></span>`}</li>`,
  )}</ol>`
}

function Ready() {
  const w = setup()
  const facts = session.value
  return html`<h2>${w.ready}</h2><p>${w.readyLead}</p>
    ${facts && html`<p><a class="button" href=${startPath(facts)}>${w.toDashboard}</a></p>`}`
}
