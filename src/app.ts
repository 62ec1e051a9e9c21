/**
 * The only wiring: settings → store → parts → one HTTP server with every `routes.ts` mounted. Commands open the parts and
 * work on them; `serve` starts the server over them.
 */
import { join } from 'node:path'
import { Elysia } from 'elysia'
import { version } from '../package.json'
import { newAccount } from './account/create.ts'
import { accountRoutes } from './account/routes.ts'
import { sessionRoutes } from './account/session-routes.ts'
import { announcementRoutes } from './admin/announcement-routes.ts'
import { documentRoutes } from './admin/document-routes.ts'
import { resumeSimulated, type Simulated } from './admin/first-provider.ts'
import { showGauges } from './admin/gauges.ts'
import { mailRoutes } from './admin/mail-routes.ts'
import type { Parts, State } from './admin/parts.ts'
import { paymentRoutes } from './admin/payment-routes.ts'
import { peopleRoutes } from './admin/people-routes.ts'
import { adminRefundRoutes } from './admin/refund-routes.ts'
import { reportRoutes } from './admin/report-routes.ts'
import { openSealingKey } from './admin/sealing-key.ts'
import { sellingRoutes } from './admin/selling-routes.ts'
import { setupRoutes } from './admin/setup-routes.ts'
import { systemRoutes } from './admin/system-routes.ts'
import { findTroubles } from './admin/troubles.ts'
import { voucherRoutes } from './admin/voucher-routes.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { newId } from './base/id.ts'
import type { Logger } from './base/log.ts'
import { callbackRoutes } from './billing/callback-routes.ts'
import { lotRoutes } from './billing/lot-routes.ts'
import { receiptRoutes } from './billing/receipt-routes.ts'
import { rechargeRoutes } from './billing/recharge-routes.ts'
import { refundRoutes } from './billing/refund-routes.ts'
import { billingRoutes } from './billing/routes.ts'
import { statementRoutes } from './billing/statement-routes.ts'
import { openCatalog } from './catalog/book.ts'
import { catalogRoutes } from './catalog/routes.ts'
import type { Config } from './config.ts'
import { simulatedBeside } from './demo/beside.ts'
import { demoMailRoutes } from './demo/mail-routes.ts'
import { openBodies } from './gateway/body.ts'
import { authorize } from './gateway/caller.ts'
import { createCounter } from './gateway/count.ts'
import type { Gateway } from './gateway/gateway.ts'
import { httpClient } from './gateway/http-client.ts'
import { createLimiter } from './gateway/limits.ts'
import { playgroundRoutes } from './gateway/playground-routes.ts'
import { createBreakers } from './gateway/route.ts'
import { gatewayRoutes } from './gateway/routes.ts'
import { createRunning } from './gateway/running.ts'
import { openTracer } from './gateway/trace.ts'
import { usageRoutes } from './gateway/usage-routes.ts'
import type { AnyServer } from './http/address.ts'
import { docsRoutes, type RouteToDescribe } from './http/docs.ts'
import { healthRoutes } from './http/health.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import { openSite, pageRoutes } from './http/pages.ts'
import { addressOf, createHttp, startHttp } from './http/server.ts'
import { openIssuers } from './invoices/list.ts'
import { startJobs } from './jobs/job.ts'
import { manageRoutes } from './key/manage-routes.ts'
import { openKeyRing } from './key/ring.ts'
import { keyRoutes } from './key/routes.ts'
import { openLedger } from './ledger/ledger.ts'
import { openThread } from './ledger/thread.ts'
import { openBusiness } from './legal/business.ts'
import { seedDocuments } from './legal/document.ts'
import { legalRoutes } from './legal/routes.ts'
import { openOutbox } from './mail/outbox.ts'
import { accountNoticeRoutes } from './notice/account-routes.ts'
import { noticeRoutes } from './notice/routes.ts'
import { openProcessors } from './processors/list.ts'
import { type Lock, lock } from './store/lock.ts'
import { isPostgres, openStore } from './store/open.ts'
import { instance } from './store/schema.ts'
import { factorRoutes } from './user/factor-routes.ts'
import { oauthRoutes } from './user/oauth-routes.ts'
import { userRoutes } from './user/routes.ts'
import { openSessions } from './user/session.ts'

export interface Server {
  url: string
  /** Every route that is mounted: a test asks each of them who may use it. */
  routes: readonly RouteToDescribe[]
  /** Takes no new calls, lets those under way end for as long as `drain_ms`, settles the rest, and closes. */
  stop(): Promise<void>
}

interface Opening {
  /** The data directory's lock, if it is held already. */
  held?: Lock
  clock?: Clock
  /** SQLite in a thread of its own (the setting `database_thread`). */
  threaded?: boolean
}

/** Opens everything under the data directory's lock. Throws `FatalError` where that cannot be. */
export async function openParts(
  config: Config,
  log: Logger,
  opening: Opening = {},
): Promise<Parts> {
  const { held = lock(config.data), clock = systemClock, threaded = false } = opening
  try {
    const now = clock.now()
    const url = storeUrl(config)
    const { store, ledger } =
      threaded && !isPostgres(url)
        ? await openThread(url, now, (cause) => die(log, cause))
        : await openHere(url, now)
    const sealingKey = await openSealingKey(config, store)
    const business = await openBusiness(store)
    const keys = openKeyRing(store, config.tiers, clock, () => business.current.requireVerified)
    const place = { url: addressOf(config.listen) }
    const servedAt = () => config.publicUrl ?? business.current.publicUrl
    const publicUrl = () => servedAt() ?? place.url
    const brand = () => ({ platform: business.current.platform, publicUrl: publicUrl() })
    return {
      ...{ config, clock, log, store, ledger, sealingKey, keys, business, place, publicUrl },
      sessions: openSessions(store, config, clock, servedAt),
      outbox: openOutbox(clock, brand),
      forgetKeys: () => keys.forget(),
      catalog: await openCatalog(store, sealingKey),
      processors: openProcessors(config, clock),
      issuers: openIssuers(config, clock),
      instanceId: newId('ins_', now),
      close: async () => {
        await store.close()
        held.release()
      },
    }
  } catch (cause) {
    held.release()
    throw cause
  }
}

async function openHere(url: string, now: number): Promise<Pick<Parts, 'store' | 'ledger'>> {
  const store = await openStore(url, now)
  return { store, ledger: openLedger(store) }
}

/** Without the thread that writes nothing can be settled: whoever restarts the process finds the holds. */
function die(log: Logger, cause: unknown): never {
  log.error('database.thread.died', { cause })
  log.flush()
  process.exit(1)
}

/** The embedded database lives in the data directory. */
export function storeUrl({ database, data }: Config): string {
  return database ?? join(data, 'kkai.db')
}

/** `demoMails`: mails are shown on a page for everyone. Of a demo only. */
export async function startServer(parts: Parts, { demoMails = false } = {}): Promise<Server> {
  const { config, clock, log, store, instanceId } = parts
  const now = clock.now()
  await store.write((db) => [db.insert(instance).values({ id: instanceId, startedAt: now })])
  await seedDocuments(store, now)
  const metrics = createMetrics()
  const gateway = createGateway(parts, metrics)
  const simulated = simulatedBeside()
  await resumeSimulated(parts, simulated)
  const state: State = { draining: false, verified: null }
  const { listen, bodyLimitBytes, metricsToken } = config
  // Set up in the browser, it is served from then on.
  const publicUrl = () => config.publicUrl ?? parts.business.current.publicUrl
  const http = createHttp({ listen, publicUrl, bodyLimitBytes, clock, log })
  http
    .use(gatewayRoutes(gateway, store))
    .use(
      healthRoutes({
        clock,
        metrics,
        metricsToken,
        findTroubles: () => findTroubles(parts, state),
      }),
    )
    .use(callbackRoutes(parts, metrics))
    .use(dashboardRoutes(parts, gateway, { simulated, state, demoMails }))
    .use(
      manageRoutes({
        ...{ store, clock, forgetKeys: parts.forgetKeys },
        authorize: (request, server) => authorize(gateway, request, server as AnyServer),
      }),
    )
    .use(pageRoutes(openSite()))
    .use(docsRoutes(() => http.routes, version))
  showGauges(parts, state, gateway, metrics)
  const onRejection = (cause: unknown) => {
    metrics.unhandled()
    log.error('unhandled', { cause })
  }
  process.on('unhandledRejection', onRejection)
  const jobs = await startJobs(parts, state, metrics)
  const { url } = startHttp(http, listen)
  parts.place.url = url
  log.info('started', { url, instance: instanceId })

  return {
    url,
    routes: http.routes,
    stop: async () => {
      state.draining = true
      log.info('stopping', { running: gateway.running.size })
      const stopped = http.server?.stop()
      await Promise.race([gateway.running.idle(), Bun.sleep(config.drainMs)])
      gateway.running.endAll()
      await gateway.running.idle()
      await Promise.race([stopped, Bun.sleep(1000)])
      await http.server?.stop(true)
      await jobs.stop()
      gateway.running.stop()
      gateway.counter.close()
      gateway.client.close()
      await gateway.tracer?.stop()
      await simulated.stop()
      process.off('unhandledRejection', onRejection)
      log.info('stopped')
      log.flush()
    },
  }
}

/** Everything behind the dashboard. Its type is what the pages call it by (`web/api.ts`). */
function dashboardRoutes(
  parts: Parts,
  gateway: Gateway,
  { simulated, state, demoMails }: { simulated: Simulated; state: State; demoMails: boolean },
) {
  const { catalog, store, clock } = parts
  return new Elysia({ name: 'dashboard' })
    .use(sessionRoutes(parts, { demoMails }))
    .use(userRoutes(parts, newAccount))
    .use(factorRoutes(parts))
    .use(oauthRoutes(parts, newAccount))
    .use(accountRoutes(parts))
    .use(legalRoutes(parts))
    .use(keyRoutes(parts))
    .use(usageRoutes(parts, catalog, gateway.bodies))
    .use(playgroundRoutes(parts, gateway))
    .use(catalogRoutes(catalog, store, clock))
    .use(noticeRoutes(parts))
    .use(accountNoticeRoutes(parts, catalog))
    .use(announcementRoutes(parts))
    .use(documentRoutes(parts))
    .use(mailRoutes(parts))
    .use(billingRoutes(parts))
    .use(refundRoutes(parts))
    .use(adminRefundRoutes(parts))
    .use(rechargeRoutes(parts))
    .use(receiptRoutes(parts))
    .use(statementRoutes(parts))
    .use(reportRoutes(parts))
    .use(systemRoutes(parts, state))
    .use(paymentRoutes(parts))
    .use(lotRoutes(parts))
    .use(voucherRoutes(parts))
    .use(sellingRoutes(parts, gateway, state))
    .use(peopleRoutes(parts, gateway.bodies))
    .use(setupRoutes(parts, simulated))
    .use(demoMailRoutes(store, demoMails))
}
export type Api = ReturnType<typeof dashboardRoutes>

export function createGateway(parts: Parts, metrics: Metrics): Gateway {
  const { clock, config, instanceId, ledger, log } = parts
  const elapsed = () => clock.elapsed()
  return {
    ...{ clock, ledger, log, metrics },
    ...{ catalog: parts.catalog, keys: parts.keys, instanceId },
    tracer: openTracer(config, { clock, log, metrics, instanceId, version }),
    publicUrl: parts.publicUrl,
    bodies: openBodies(parts.store, parts.sealingKey),
    settings: config,
    limiter: createLimiter(),
    breakers: createBreakers(),
    client: httpClient(elapsed),
    counter: createCounter(),
    running: createRunning(elapsed, (notes) => {
      ledger.note(notes).catch((cause) => log.warn('note.failed', { cause }))
    }),
  }
}
