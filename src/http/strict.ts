/** Bodies of the dashboard's routes: `parse: 'strict'` reads them as the calls are read, instead of by Elysia's own parsers. */
import { Elysia } from 'elysia'
import { readJson } from './body.ts'

/** A form is small: what is larger than this is none. */
const limitBytes = 1_048_576

export const strictBodies = new Elysia({ name: 'strict' }).parser(
  'strict',
  async ({ request }) => (await readJson(request, limitBytes)).value,
)
