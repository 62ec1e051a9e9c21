/** Whom the platform serves, as those who run it see and change them: accounts, users, investigations, and what was done. */
import { Elysia } from 'elysia'
import type { Billing } from '../billing/billing.ts'
import type { Bodies } from '../gateway/body.ts'
import { adminAccountRoutes } from './account-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { investigationRoutes } from './investigation-routes.ts'
import { adminUserRoutes } from './user-routes.ts'

export function peopleRoutes(billing: Billing, bodies: Bodies) {
  return new Elysia({ name: 'admin-people' })
    .use(adminAccountRoutes(billing))
    .use(adminUserRoutes(billing))
    .use(investigationRoutes(billing, bodies))
    .use(auditRoutes(billing))
}
