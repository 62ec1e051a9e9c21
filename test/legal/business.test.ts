/** Business settings on two nodes over one database. */
import { describe, expect, test } from 'bun:test'
import { openBusiness } from '../../src/legal/business.ts'
import { databases, now } from '../helpers/database.ts'

describe.each(databases)('on %s', async (_, open) => {
  const store = await open()

  // The first time there is no row yet, the second time there is.
  test.each(['6', '7'])('of two changes of the same at once one is told: to %s', async (least) => {
    const nodes = await Promise.all([openBusiness(store), openBusiness(store)])
    const shown = { topUpMin: nodes[0].current.topUpMin }
    const changes = nodes.map((node, at) =>
      node.change({ topUpMin: `${least}.${at}` }, `node ${at}`, now, shown),
    )
    const outcomes = await Promise.allSettled(changes)
    const refused = outcomes.filter((one) => one.status === 'rejected')
    expect(refused).toMatchObject([{ reason: { code: 'changed_meanwhile' } }])
    const won = outcomes.findIndex((one) => one.status === 'fulfilled')
    expect((await openBusiness(store)).current.topUpMin).toBe(`${least}.${won}`)
  })
})
