/** `kkai grafana` and `kkai alerts`: a dashboard and alert rules over what `/metrics` shows. */
import { apart } from '../base/apart.ts'
import { processCommand } from './command.ts'

export const grafana = processCommand({
  name: 'grafana',
  about: 'Print a Grafana dashboard of this platform’s metrics, to import.',
  examples: ['kkai grafana > kkai-dashboard.json'],
  start: async ({ print }) => {
    const { dashboard } = await load()
    await print(JSON.stringify(dashboard(), null, 2))
    return 0
  },
})

export const alerts = processCommand({
  name: 'alerts',
  about: 'Print alert rules for Prometheus.',
  examples: ['kkai alerts > /etc/prometheus/rules/kkai.yml'],
  start: async ({ json, print }) => {
    const { alertGroups, writeYaml } = await load()
    await print(json ? JSON.stringify(alertGroups()) : writeYaml(alertGroups()))
    return 0
  },
})

async function load(): Promise<typeof import('./watch-apart.ts')> {
  return import(apart(new URL('./watch-apart.ts', import.meta.url)))
}
