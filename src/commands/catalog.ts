/** `kkai catalog …`: what is sold, through which channels, at what price. */
import type { JsonObject } from '../base/json.ts'
import { unitClasses } from '../base/units.ts'
import { type Applied, applyCatalog } from '../catalog/apply.ts'
import { providers } from '../catalog/provider.ts'
import { type ShownCatalog, showCatalog, showRates } from '../catalog/show.ts'
import { approveProposal, proposePrices, rejectProposal } from '../catalog/sync.ts'
import { dataCommand } from './command.ts'
import { readText } from './value.ts'

/** Who publishes a price that is set by command. */
const publisher = 'command'

const fileFormat = `The file:
  {"channels": [{"id": "openai", "provider": "openai", "credential": "sk-…"}],
   "models": [{"id": "gpt-5-mini", "context_length": 400000, "max_output": 128000,
     "channels": [{"channel": "openai", "model": "gpt-5-mini", "priority": 0, "weight": 1}],
     "price": {"input": "0.25", "output": "2.00"}, "buy_price": {"input": "0.20", "output": "1.60"}}]}

Prices are USD for 1,000,000 units, as texts; with tiers, {"0": "2.50", "272000": "5.00"} by prompt tokens.
Units: ${unitClasses.join(', ')}.
Providers: ${[...providers.keys()].join(', ')}.
A channel may have base_url, allow_private, state, quirks; without credential the sealed one stays.
A model may have kind (chat, or embeddings where its id says embed), name, state, retires_at, successor, traits, effective_from (when its prices begin).`

export const catalogApply = dataCommand<{ file: string }, Applied>({
  name: 'catalog apply',
  about: 'Set channels, models and prices from a JSON file; what it does not name stays.',
  arguments: ['<file>'],
  examples: ['kkai catalog apply catalog.json'],
  details: fileFormat,
  changes: true,
  prepare: async ({ file }) => ({ file: await readText(file) }),
  run: ({ store, catalog: book, sealingKey, clock }, { file }) =>
    applyCatalog({ store, book, sealingKey }, file, publisher, clock.now()),
  describe: ({ channels, models, prices, warnings }) =>
    [
      `channels  ${count(channels)}`,
      `models    ${count(models)}`,
      ...prices.map(
        (one) => `price     ${one.model} ${one.side} from ${one.effective_from} (${one.version})`,
      ),
      ...warnings.map((warning) => `warning   ${warning}`),
    ].join('\n'),
})

const count = ({ added, changed, unchanged }: Applied['models']) =>
  `${added.length} added, ${changed.length} changed, ${unchanged.length} unchanged`

export const catalogShow = dataCommand<Record<string, never>, ShownCatalog>({
  name: 'catalog show',
  about: 'Show channels, models, prices and open proposals.',
  examples: ['kkai catalog show', 'kkai catalog show --json'],
  changes: false,
  run: ({ store, catalog, clock }) => showCatalog(store, catalog, clock.now()),
  describe: ({ channels, models, proposals, problems }) =>
    [
      ...channels.map(
        (one) => `channel   ${one.id}  ${one.provider} at ${one.base_url}, ${one.state}`,
      ),
      ...models.map((one) => `model     ${one.id}  ${describeModel(one)}`),
      ...proposals.map((one) => `proposal  ${one.id}  ${one.model} ${JSON.stringify(one.price)}`),
      ...problems.map((problem) => `problem   ${problem}`),
    ].join('\n') || 'Nothing yet. Next: kkai catalog apply catalog.json',
})

function describeModel({ sold, state, channels, price }: ShownCatalog['models'][number]): string {
  const ways = channels.map(({ channel, model }) => `${channel}/${model}`).join(', ')
  const { version: _, effective_from: __, ...prices } = price ?? {}
  return `${sold ? state : `${state}, not sold`}, via ${ways || 'nothing'}, ${JSON.stringify(prices)}`
}

interface ProposedRow {
  id: string
  model: string
  price: JsonObject
}

export const catalogPropose = dataCommand<
  Record<string, never>,
  { proposals: ProposedRow[]; unknown: string[] }
>({
  name: 'catalog propose',
  about: 'Propose buy prices from the price list in this program; nothing changes until approved.',
  examples: ['kkai catalog propose'],
  changes: true,
  run: async ({ store, catalog, clock }) => {
    const { proposals, unknown } = await proposePrices(store, catalog, clock.now())
    return {
      proposals: proposals.map(({ id, model, rates }) => ({ id, model, price: showRates(rates) })),
      unknown,
    }
  },
  describe: ({ proposals, unknown }) =>
    [
      ...proposals.map(({ id, model, price }) => `${id}  ${model}  ${JSON.stringify(price)}`),
      ...(proposals.length > 0
        ? ['Next: kkai catalog approve ID --markup 20']
        : ['Nothing to propose.']),
      ...(unknown.length > 0 ? [`Not in the list: ${unknown.join(', ')}`] : []),
    ].join('\n'),
})

export const catalogApprove = dataCommand<
  { id: string; markup?: string },
  { model: string; buy: string; sell: string | null }
>({
  name: 'catalog approve',
  about: 'Publish a proposed buy price and, with a markup, the sell price it makes.',
  arguments: ['<id>'],
  options: [{ flags: '--markup <percent>', about: 'sell at the buy price plus so much' }],
  examples: ['kkai catalog approve prp_01k… --markup 20'],
  changes: true,
  run: ({ store, clock }, { id, markup = null }) =>
    approveProposal(store, { id, markup, by: publisher }, clock.now()),
  describe: ({ model, buy, sell }) =>
    `${model}: buy price ${buy}${sell === null ? '; its sell price is as before' : `, sell price ${sell}`}.`,
})

export const catalogReject = dataCommand<{ id: string }, { id: string; state: string }>({
  name: 'catalog reject',
  about: 'Close a proposal without publishing it.',
  arguments: ['<id>'],
  examples: ['kkai catalog reject prp_01k…'],
  changes: true,
  run: async ({ store }, { id }) => {
    await rejectProposal(store, id, publisher)
    return { id, state: 'rejected' }
  },
  describe: ({ id }) => `${id} is rejected.`,
})
