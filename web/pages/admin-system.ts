/** How the platform itself is: what `kkai doctor` finds, what to do where something is wrong, a text to send along, and its jobs. */
import { api, ask } from '../api.ts'
import { interval, milliseconds } from '../format.ts'
import { Code } from '../parts/copy.ts'
import { Time } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { Table } from '../parts/table.ts'
import { adminSystem } from '../words/admin-system.ts'

const readFacts = () => ask(api.admin.system.get())
type System = Awaited<ReturnType<typeof readFacts>>
type Fact = System['data'][number]

const judgement = ({ ok }: Fact) => (ok === null ? 'none' : ok ? 'well' : 'wrong')

export function AdminSystem() {
  const w = adminSystem()
  const facts = useLoad('system', readFacts)
  return html`
    <div class="row between"><h1>${w.title}</h1>
      <button type="button" onClick=${facts.again}>${w.again}</button></div>
    <p>${w.lead}</p>
    <${Load} of=${facts}>${({ data, jobs }: System) => html`
      <${Table} label=${w.title} head=${[w.what, w.state, w.found]}>
        ${data.map(
          (fact) => html`<tr key=${fact.name}>
            <th scope="row">${w.facts[fact.name]}</th>
            <td>${w.judgements[judgement(fact)]}</td>
            <td>${fact.value}${fact.ok === false && html`<p class="hint">${w.advice[fact.name]}</p>`}</td>
          </tr>`,
        )}
      <//>
      <h2>${w.jobs}</h2>
      <${Table} label=${w.jobs} head=${[w.job, w.last, { number: w.took }, { number: w.every }, w.outcome]}>
        ${jobs.map(
          ({ name, ran_at, ms, every_ms, failed }) => html`<tr key=${name}>
            <th scope="row"><code>${name}</code></th><td><${Time} at=${ran_at} seconds /></td>
            <td class="number">${milliseconds(ms)}</td><td class="number">${interval(every_ms)}</td>
            <td><span class=${failed ? 'badge bad' : 'badge good'}>${failed ? w.failed : w.done}</span></td>
          </tr>`,
        )}
      <//>
      <h2>${w.support}</h2>
      <p>${w.supportLead}</p>
      <${Code} label=${w.support} text=${data.map((fact) => `${judgement(fact).padEnd(6)} ${fact.name}: ${fact.value}`).join('\n')} />
    `}<//>
  `
}
