/** Who lives in a simulated run beside the calls: payers, the bank, the operator, and the jobs of the platform. */
import { reinstateAccount, suspendAccount } from '../../src/account/account.ts'
import { AppError } from '../../src/base/error.ts'
import { expireCredit } from '../../src/billing/expire.ts'
import { grantCredit } from '../../src/billing/grant.ts'
import { reconcile } from '../../src/billing/reconcile.ts'
import { askRefund, withdrawRefund } from '../../src/billing/refund.ts'
import { approveRefund, refuseRefund } from '../../src/billing/refund-decide.ts'
import { payDueRefunds } from '../../src/billing/refund-pay.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import { createTopUp, openCheckout } from '../../src/billing/top-up.ts'
import { redeemVoucher } from '../../src/billing/voucher.ts'
import { readLots } from '../../src/ledger/lot.ts'
import type { Paid } from './bank.ts'
import { call } from './call.ts'
import {
  type Customer,
  chance,
  draw,
  once,
  orRefusal,
  pause,
  pick,
  type Scene,
  surely,
  usd,
} from './scene.ts'

const cent = 10_000_000n

/** One of an account's people: calls, buys, redeems, asks for money back. */
export async function live(scene: Scene, customer: Customer, acts: number): Promise<void> {
  const started: Promise<void>[] = []
  for (let at = 0; at < acts; at++) {
    await pause(scene, 3_000)
    const what = scene.time.random()
    const act = what < 0.6 ? call : what < 0.76 ? buy : what < 0.82 ? redeem : askBack
    started.push(act(scene, customer))
  }
  await Promise.all(started)
}

async function buy(scene: Scene, { account }: Customer): Promise<void> {
  const form = {
    ...({ accountId: account, userId: null, origin: 'customer', processor: 'bank' } as const),
    ...{ method: 'card', credit: BigInt(1 + draw(scene, 5)) * usd, once: `form ${++scene.forms}` },
  }
  const made = await orRefusal(surely(scene, ({ parts }) => createTopUp(parts, form)))
  if (made instanceof AppError) return scene.saw(`refused: ${made.code}`)
  scene.orders.push({ id: made.id, account })
  // Where the platform died before it had asked for a place to pay, the page asks again.
  await surely(scene, ({ parts }) => openCheckout(parts, made))
  const paid = scene.bank.orders.get(made.id) as Paid
  await pause(scene, 8_000)
  if (chance(scene, 0.1)) return
  if (chance(scene, 0.15)) {
    paid.state = 'failed'
    await callBack(scene, made.id)
    await pause(scene, 6_000)
    if (chance(scene, 0.5)) return
    scene.saw('paid after it failed')
  }
  paid.state = 'paid'
  await callBack(scene, made.id)
}

/** The bank tells of an order: never, once, or several times at once. What dies within is not told again. */
async function callBack(scene: Scene, id: string): Promise<void> {
  const times = draw(scene, 4)
  if (times === 0) scene.saw('callback lost')
  const told = Array.from({ length: times }, async () => {
    await pause(scene, 500)
    await once(scene, ({ parts }) => syncTopUp(parts, id))
  })
  await Promise.all(told)
}

/** Whoever asks again after a crash is told that it has it already. */
async function redeem(scene: Scene, { account }: Customer): Promise<void> {
  const voucher = pick(scene, scene.vouchers)
  voucher.tried = true
  const asked = { accountId: account, userId: 'ann', code: voucher.code }
  const got = await orRefusal(surely(scene, ({ parts }) => redeemVoucher(parts, asked)))
  const has = !(got instanceof AppError) || /redeemed this voucher code already/.test(got.message)
  if (has) voucher.winners.add(account)
  else scene.saw('voucher refused')
}

async function askBack(scene: Scene, { account }: Customer): Promise<void> {
  const mine = scene.orders.filter((order) => order.account === account)
  if (mine.length === 0) return
  const { id: topUpId } = pick(scene, mine)
  const amount = chance(scene, 0.5) ? null : BigInt(1 + draw(scene, 200)) * cent
  const form = {
    ...{ accountId: account, topUpId, amount, reason: 'test' },
    ...{ once: `back ${++scene.forms}`, askedBy: 'ann' },
  }
  const row = await orRefusal(surely(scene, ({ parts }) => askRefund(parts, form)))
  if (row instanceof AppError) return scene.saw('refund not possible')
  scene.saw('refund frozen')
  scene.refunds.push({ id: row.id, account })
  await pause(scene, 10_000)
  const withdrawal = { accountId: account, id: row.id, userId: 'ann' }
  if (!chance(scene, 0.3)) return
  await orRefusal(once(scene, ({ parts }) => withdrawRefund(parts, withdrawal)))
}

/** Gives, stops, lets go on, and decides. */
export async function operate(scene: Scene): Promise<void> {
  while (scene.open) {
    await pause(scene, 4_000)
    const what = scene.time.random()
    if (what < 0.35) await give(scene, pick(scene, scene.customers).account, 1 + draw(scene, 8))
    else if (what < 0.5) await stopAndGo(scene)
    else if (what < 0.85) await decide(scene)
    else if (what < 0.9) {
      scene.time.jump((draw(scene, 3) - 1) * 40_000)
      scene.saw('clock jumped')
    }
  }
}

/** In quarters of a dollar. */
export async function give(scene: Scene, account: string, quarters: number): Promise<void> {
  const amount = BigInt(quarters) * 25n * cent
  const expiresAt = chance(scene, 0.6) ? scene.time.now() + draw(scene, 40_000) : null
  const grant = {
    ...{ accountId: account, amount, reason: 'test', actor: 'command', expiresAt },
    reference: `grant ${++scene.forms}`,
  }
  await surely(scene, ({ parts }) => grantCredit(parts, grant))
  scene.grants.push({ account, amount })
}

async function stopAndGo(scene: Scene): Promise<void> {
  const { account } = pick(scene, scene.customers)
  // What was done before a crash, or by another, is refused as done already.
  await orRefusal(surely(scene, ({ parts }) => suspendAccount(parts, account, 'test')))
  scene.saw('suspended')
  await pause(scene, 6_000)
  await orRefusal(surely(scene, ({ parts }) => reinstateAccount(parts, account, 'test')))
}

async function decide(scene: Scene): Promise<void> {
  if (scene.refunds.length === 0) return
  const { id } = pick(scene, scene.refunds)
  const part = chance(scene, 0.3) ? BigInt(1 + draw(scene, 100)) * cent : null
  const by = { reason: 'test', actor: 'olga' }
  const done = await orRefusal(
    once(scene, ({ parts }) =>
      chance(scene, 0.75)
        ? approveRefund(parts, id, { ...by, amount: part })
        : refuseRefund(parts, id, by),
    ),
  )
  if (!(done instanceof AppError)) scene.saw('refund decided')
}

/** Takes payments back: for a payer by a dispute, or at the processor's own page. */
export async function takeBack(scene: Scene): Promise<void> {
  const { bank } = scene
  while (scene.open) {
    await pause(scene, 12_000)
    const paid = pick(
      scene,
      [...bank.orders.values()].filter((one) => bank.left(one) > 0n),
    )
    if (!paid || chance(scene, 0.4)) continue
    const left = bank.left(paid)
    const amount = chance(scene, 0.5) ? left : BigInt(1 + draw(scene, Number(left)))
    if (chance(scene, 0.3)) {
      const refund = { id: `out_${++scene.forms}`, amount, state: 'paid', ours: null } as const
      paid.refunds.push(refund)
      scene.saw('refunded outside')
      await callBack(scene, paid.order.id)
      continue
    }
    const dispute = { id: `dp_${++scene.forms}`, amount, state: 'open', reason: null }
    const told = dispute as Paid['disputes'][number]
    paid.disputes.push(told)
    scene.saw('disputed')
    await callBack(scene, paid.order.id)
    await pause(scene, 10_000)
    told.state = pick(scene, ['won', 'lost', 'open'] as const)
    scene.saw(`dispute ${told.state}`)
    await callBack(scene, paid.order.id)
  }
}

/** What the platform does by itself from time to time. */
export async function work(scene: Scene): Promise<void> {
  while (scene.open) {
    await pause(scene, 8_000)
    const { account } = pick(scene, scene.customers)
    await once(scene, async ({ parts }) => {
      const job = pick(scene, [expireCredit, payDueRefunds, reconcile])
      await job(parts)
      await readLots(parts.store, account)
    })
  }
}
