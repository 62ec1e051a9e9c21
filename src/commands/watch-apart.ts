/**
 * What to look at and what to be woken by, over the metrics that the server exposes: a test holds that each of them is used
 * here, and that nothing else is.
 */

type Target = readonly [expression: string, legend: string]
interface Panel {
  title: string
  unit: string
  targets: readonly Target[]
  kind?: 'stat'
}

const rate = (of: string, by: string) => `sum by (${by}) (rate(${of}[$__rate_interval]))`
const quantile = (share: number, of: string) =>
  `histogram_quantile(${share}, ${rate(`${of}_bucket`, 'le')})`
const quantiles = (of: string): Target[] =>
  [0.5, 0.95, 0.99].map((share) => [quantile(share, of), `p${share * 100}`])

// biome-ignore format: a table is read by its rows
const panels: readonly Panel[] = [
  { kind: 'stat', title: 'Ledger in order', unit: 'bool_yes_no', targets: [['kkai_ledger_verified', '']] },
  { kind: 'stat', title: 'Since the last check', unit: 's', targets: [['kkai_ledger_verified_age_seconds', '']] },
  { kind: 'stat', title: 'Since the last backup', unit: 's', targets: [['kkai_backup_age_seconds', '']] },
  { kind: 'stat', title: 'Calls under way', unit: 'short', targets: [['sum(kkai_calls_running)', '']] },
  { kind: 'stat', title: 'Accounts below zero', unit: 'short', targets: [['max(kkai_accounts_below_zero)', '']] },
  { kind: 'stat', title: 'Disk free', unit: 'bytes', targets: [['kkai_disk_free_bytes', '']] },
  { title: 'Calls by how they ended', unit: 'reqps', targets: [[rate('kkai_calls_total', 'outcome'), '{{outcome}}']] },
  { title: 'Calls by model', unit: 'reqps', targets: [[rate('kkai_calls_total', 'model'), '{{model}}']] },
  { title: 'Time to the first token', unit: 's', targets: quantiles('gen_ai_server_time_to_first_token_seconds') },
  { title: 'Time to the last byte', unit: 's', targets: quantiles('gen_ai_server_request_duration_seconds') },
  { title: 'Tokens', unit: 'short', targets: [[rate('kkai_units_total', 'unit'), '{{unit}}']] },
  { title: 'Charged, USD an hour', unit: 'currencyUSD', targets: [[`${rate('kkai_charged_nano_usd_total', 'model')} * 3600 / 1e9`, '{{model}}']] },
  { title: 'Refusals', unit: 'reqps', targets: [[rate('kkai_refusals_total', 'code'), '{{code}}']] },
  { title: 'Failed attempts by channel', unit: 'reqps', targets: [[rate('kkai_upstream_failures_total', 'channel, kind'), '{{channel}} {{kind}}']] },
  { title: 'Breakers: 0 closed, 1 probing, 2 open', unit: 'short', targets: [['max by (channel) (kkai_channel_breaker)', '{{channel}}']] },
  { title: 'Usage missing or not believed', unit: 'reqps', targets: [[rate('kkai_doubted_usage_total', 'model'), '{{model}}']] },
  { title: 'Providers’ costs beyond what we reckon', unit: 'percentunit', targets: [['max by (channel) (kkai_provider_cost_difference)', '{{channel}}']] },
  { title: 'Orders not settled', unit: 'short', targets: [['max by (state) (kkai_payments_unsettled)', '{{state}}']] },
  { title: 'Refunds waiting', unit: 'short', targets: [['max by (state) (kkai_refunds_waiting)', '{{state}}']] },
  { title: 'Outboxes', unit: 'short', targets: [['max by (queue) (kkai_outbox_length)', '{{queue}}']] },
  { title: 'Callbacks not believed', unit: 'reqps', targets: [[rate('kkai_callbacks_refused_total', 'processor, why'), '{{processor}} {{why}}']] },
  { title: 'Jobs: share of time', unit: 'percentunit', targets: [[rate('kkai_job_seconds_total', 'job'), '{{job}}']] },
  { title: 'Jobs that failed', unit: 'short', targets: [['sum by (job) (increase(kkai_job_runs_total{outcome="failed"}[1h]))', '{{job}}']] },
  { title: 'One write of the database', unit: 's', targets: [['kkai_database_write_seconds', '']] },
  { title: 'Write-ahead log', unit: 'bytes', targets: [['kkai_database_wal_bytes', '']] },
  { title: 'Event loop', unit: 's', targets: [['kkai_event_loop_lag_seconds', '']] },
  { title: 'Memory', unit: 'bytes', targets: [['process_resident_memory_bytes', '']] },
  { title: 'Uptime', unit: 's', targets: [['process_uptime_seconds', '']] },
  { title: 'Spans of traces', unit: 'short', targets: [[rate('kkai_trace_spans_total', 'fate'), '{{fate}}']] },
]

/** Figures in a row on top, then graphs in two columns. */
export function dashboard() {
  const figures = panels.filter(({ kind }) => kind === 'stat').length
  const datasource = { type: 'prometheus', uid: '$datasource' }
  const place = (at: number) => {
    if (at < figures) return { h: 4, w: 24 / figures, x: (24 / figures) * at, y: 0 }
    const nth = at - figures
    return { h: 8, w: 12, x: 12 * (nth % 2), y: 4 + 8 * Math.floor(nth / 2) }
  }
  return {
    ...{ uid: 'kkai', title: 'KKCompany AI Platform', tags: ['kkai'], schemaVersion: 39 },
    ...{ timezone: 'browser', refresh: '30s', time: { from: 'now-6h', to: 'now' } },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }] },
    panels: panels.map(({ title, unit, targets, kind = 'timeseries' }, at) => ({
      ...{ id: at + 1, type: kind, title, datasource, gridPos: place(at) },
      fieldConfig: { defaults: { unit }, overrides: [] },
      targets: targets.map(([expr, legendFormat], nth) => ({
        ...{ refId: String.fromCharCode(65 + nth), datasource, expr, legendFormat },
      })),
    })),
  }
}

/** Name, expression, how long it must hold, whether to wake someone, what it means and what to do. */
type Alert = readonly [string, string, string, 'page' | 'ticket', string]

// biome-ignore format: a table is read by its rows
const table: readonly Alert[] = [
  ['KkaiGone', 'absent(process_uptime_seconds{job="kkai"})', '2m', 'page', 'No metrics come. Is the process alive, and is the job named kkai?'],
  ['KkaiLedgerBroken', 'kkai_ledger_verified == 0', '0m', 'page', 'The ledger does not prove itself. Run kkai verify; its report names the rows.'],
  ['KkaiLedgerUnchecked', 'kkai_ledger_verified_age_seconds > 1800', '5m', 'page', 'The ledger was not checked for half an hour; each five minutes is due.'],
  ['KkaiBackupOld', 'kkai_backup_age_seconds > 129600', '10m', 'ticket', 'The last backup is older than 36 hours.'],
  ['KkaiDiskLow', 'kkai_disk_free_bytes < 1e9', '5m', 'page', 'Less than 1 GB is free in the data directory; below 64 MiB no calls are taken.'],
  ['KkaiWritesSlow', 'kkai_database_write_seconds > 0.5', '5m', 'page', 'A write takes over half a second: look at the disk.'],
  ['KkaiLogLarge', 'kkai_database_wal_bytes > 1e9', '15m', 'ticket', 'The write-ahead log passes 1 GB: something reads for very long.'],
  ['KkaiCallsFail', 'sum(rate(kkai_calls_total{outcome=~"failed|broken"}[10m])) / sum(rate(kkai_calls_total[10m])) > 0.05 and sum(increase(kkai_calls_total[10m])) > 20', '5m', 'page', 'More than one call in twenty fails.'],
  ['KkaiFirstTokenSlow', 'histogram_quantile(0.95, sum by (le) (rate(gen_ai_server_time_to_first_token_seconds_bucket[10m]))) > 15', '10m', 'ticket', 'One answer in twenty takes over 15 seconds to begin.'],
  ['KkaiCredentialRefused', 'sum by (channel) (increase(kkai_upstream_failures_total{kind="credential"}[10m])) > 0', '0m', 'page', 'Channel {{ $labels.channel }} refuses our credential, or its credit is spent.'],
  ['KkaiChannelOpen', 'max by (channel) (kkai_channel_breaker) == 2', '10m', 'ticket', 'Channel {{ $labels.channel }} has failed for ten minutes; calls are kept from it.'],
  ['KkaiUsageDoubted', 'sum by (model) (increase(kkai_doubted_usage_total[1h])) > 10', '0m', 'ticket', 'Upstreams of {{ $labels.model }} report no usage, or none that can be: calls are charged as counted.'],
  ['KkaiProviderCostDiffers', 'max by (channel) (abs(kkai_provider_cost_difference)) > 0.01', '15m', 'ticket', 'Channel {{ $labels.channel }} says that it charges more than 1 % more or less than we reckon: look at its buy prices. See Operator → Reports → Providers.'],
  ['KkaiCallbacksRefused', 'sum by (processor) (increase(kkai_callbacks_refused_total[15m])) > 5', '0m', 'ticket', 'Callbacks of {{ $labels.processor }} are not believed: a wrong secret, or a forger.'],
  ['KkaiRefundFailed', 'max(kkai_refunds_waiting{state="failed"}) > 0', '15m', 'ticket', 'A refund failed at the processor. See Operator → Refunds.'],
  ['KkaiRefundUndecided', 'max(kkai_refunds_waiting{state="asked"}) > 0', '2d', 'ticket', 'A customer has waited two days for a decision.'],
  ['KkaiOutboxStuck', 'max by (queue) (kkai_outbox_length) > 100', '15m', 'ticket', 'More than 100 wait to be sent: {{ $labels.queue }}.'],
  ['KkaiAccountsBelowZero', 'max(kkai_accounts_below_zero) > 10', '1h', 'ticket', 'More than ten customers owe the platform.'],
  ['KkaiJobFails', 'sum by (job) (increase(kkai_job_runs_total{outcome="failed"}[2h])) > 0 unless sum by (job) (increase(kkai_job_runs_total{outcome="done"}[2h])) > 0', '10m', 'ticket', 'The job {{ $labels.job }} only fails; its log lines are job.failed.'],
  ['KkaiBug', 'sum(increase(kkai_unhandled_rejections_total[15m])) > 0', '0m', 'ticket', 'An error that nothing caught; its log line is unhandled.'],
  ['KkaiBusy', 'kkai_event_loop_lag_seconds > 0.25', '5m', 'ticket', 'The process is busy: every call waits a quarter of a second.'],
  ['KkaiTracesLost', 'sum(increase(kkai_trace_spans_total{fate!="sent"}[15m])) > 0', '30m', 'ticket', 'The collector refuses spans, or is too slow for them.'],
]

export function alertGroups() {
  const rules = table.map(([alert, expr, hold, severity, summary]) => ({
    ...{ alert, expr, for: hold, labels: { severity }, annotations: { summary } },
  }))
  return { groups: [{ name: 'kkai', rules }] }
}

/** YAML for a person to edit. */
export function writeYaml({ groups }: ReturnType<typeof alertGroups>): string {
  const lines = ['groups:']
  for (const { name, rules } of groups) {
    lines.push(`  - name: ${name}`, '    rules:')
    for (const { alert, expr, for: hold, labels, annotations } of rules) {
      lines.push(
        `      - alert: ${alert}`,
        `        expr: ${quote(expr)}`,
        `        for: ${hold}`,
        `        labels: { severity: ${labels.severity} }`,
        `        annotations: { summary: ${quote(annotations.summary)} }`,
      )
    }
  }
  return lines.join('\n')
}

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`
