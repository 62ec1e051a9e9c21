/**
 * The log: one JSON object a line on stderr, or text on a terminal. An event is a short fixed name with facts beside it,
 * never a sentence with values in it, never a body, and whatever looks like a key or a token is blotted out on the way.
 * Lines are gathered and written together, since a call costs one; `flush` on the way out. One log a process.
 */
import { writeSync } from 'node:fs'
import { ansiColorFormatter, configureSync, getLogger, type LogRecord } from '@logtape/logtape'

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

/** What is known of an event. `request` is the request's id; `cause` an error, written with its stack. */
export type Facts = Readonly<Record<string, unknown>>

export interface Logger {
  debug(event: string, facts?: Facts): void
  info(event: string, facts?: Facts): void
  warn(event: string, facts?: Facts): void
  error(event: string, facts?: Facts): void
  /** Writes what is waiting. */
  flush(): void
}

export interface LogOptions {
  level: LogLevel
  /** Text for a person instead of JSON lines. */
  pretty: boolean
  /** Where whole lines go; stderr unless given. */
  write?: (lines: string) => void
}

/** For tests, and for commands that say what they have to say themselves. */
export const silentLog: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  flush: () => {},
}

const longestWaitMs = 100
const mostWaitingChars = 64 * 1024

export function openLog({
  level,
  pretty,
  write = writeStderr,
}: LogOptions): Logger & { setLevel(level: LogLevel): void } {
  const format = pretty ? formatText : formatJson
  let waiting = ''
  let timer: Timer | null = null

  function flush(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (waiting === '') return
    const lines = waiting
    waiting = ''
    write(lines)
  }
  function sink(record: LogRecord): void {
    waiting += redact(format(record))
    if (record.level === 'error' || waiting.length > mostWaitingChars) flush()
    else timer ??= setTimeout(flush, longestWaitMs).unref()
  }

  const setLevel = (lowestLevel: LogLevel) =>
    configureSync({
      reset: true,
      sinks: { lines: sink },
      loggers: [
        { category: 'kkai', sinks: ['lines'], lowestLevel },
        { category: ['logtape', 'meta'], sinks: ['lines'], lowestLevel: 'warning' },
      ],
    })
  setLevel(level)
  const logger = getLogger('kkai')
  return {
    debug: (event, facts) => logger.debug(event, facts),
    info: (event, facts) => logger.info(event, facts),
    warn: (event, facts) => logger.warn(event, facts),
    error: (event, facts) => logger.error(event, facts),
    flush,
    setLevel,
  }
}

/** Half of the cost of LogTape's own formatter, which matters with one line a call. */
function formatJson({ timestamp, level, rawMessage, properties }: LogRecord): string {
  const line = { time: new Date(timestamp).toISOString(), level, event: rawMessage, ...properties }
  return `${JSON.stringify(line, plain)}\n`
}

function formatText(record: LogRecord): string {
  const facts = Object.entries(record.properties).map(([name, value]) => {
    const text = value instanceof Error ? describeError(value) : plain(name, value)
    return ` ${name}=${typeof text === 'string' ? text : JSON.stringify(text, plain)}`
  })
  return ansiColorFormatter({ ...record, message: [`${record.rawMessage}${facts.join('')}`] })
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Error ? describeError(value) : value
}

function describeError(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${describeError(error.cause)}` : ''
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`
}

/** Shapes of keys, tokens and signed cookies: ours, the providers', the processors'; also right behind an escaped line break. */
const secretShapes =
  /(?:\b|(?<=\\[nrt]))(?:(?:sk|pk|rk|gsk|xai|hf|r8|pplx|whsec|tvly|AKIA|ASIA|AIza|ya29|gh[opsu]|github_pat|glpat|xox[abprs]|eyJ)[-_.][-\w.]{8,}|(?:AKIA|ASIA|AIza|gsk_|hf_|eyJ)[-\w.]{12,}|(?:[Bb]earer|[Bb]asic)\s+[-\w.~+/]{8,}=*)|(?<=:\/\/)[^\s/:@]+:[^\s/@]+(?=@)/g

function redact(line: string): string {
  return line.replace(secretShapes, '[redacted]')
}

function writeStderr(lines: string): void {
  try {
    writeSync(2, lines)
  } catch {
    // A closed or full stderr must not stop the server.
  }
}
