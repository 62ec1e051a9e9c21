/**
 * The shape of a command. A data command works on the parts and may be handed over to a running server, so what it takes
 * and gives is plain JSON. A process command runs where it was typed: it serves, streams, or only reads.
 */
import type { Parts } from '../admin/parts.ts'
import type { JsonObject } from '../base/json.ts'

interface Shape {
  /** With its group: `catalog apply`. */
  name: string
  /** One sentence for the list of commands. */
  about: string
  /** `<account>`: needed. */
  arguments?: readonly string[]
  options?: readonly Option[]
  examples: readonly string[]
  /** More for `--help`. */
  details?: string
}
export interface Option {
  /** `--reason <text>`; without a value it is a switch. */
  flags: string
  about: string
  needed?: boolean
}

/** Arguments and options by name, as typed; a switch is `true`. What is needed is there; what is not given is absent. */
export type Values = Readonly<Record<string, string>>

export interface DataCommand<V = Values, R = JsonObject> extends Shape {
  /** Then it is in the audit, and what a server keeps in memory is read anew. */
  changes: boolean
  /** Where the command was typed, before any hand-over: reads files. */
  prepare?(values: V): Promise<V>
  run(parts: Parts, values: V): Promise<R>
  /** What a person reads. */
  describe(result: R): string
}

export interface ProcessCommand<V = Values> extends Shape {
  /** Answers the exit code. */
  start(context: Context<V>): Promise<number>
}

export interface Context<V = Values> {
  values: V
  /** Settings given as flags, by name. */
  flags: Values
  json: boolean
  /** To stdout, waiting for a slow reader. */
  print(text: string): Promise<void>
  /** Runs a data command by name on these parts, as a server does for others. */
  runNamed(parts: Parts, name: string, values: Values): Promise<JsonObject>
}

export type Command = DataCommand | ProcessCommand

/** Types a command by what it takes and gives; in the list all commands are alike. */
export function dataCommand<V extends Values | Partial<Values>, R extends object>(
  command: DataCommand<V, R>,
): Command {
  return command as unknown as DataCommand
}

export function processCommand<V extends Values | Partial<Values>>(
  command: ProcessCommand<V>,
): Command {
  return command as unknown as ProcessCommand
}

/** Named rows for a person: names padded, one a line. */
export function describeRows(rows: Record<string, unknown>): string {
  const width = Math.max(...Object.keys(rows).map((name) => name.length))
  return Object.entries(rows)
    .map(([name, value]) => `${name.replaceAll('_', ' ').padEnd(width)}  ${value ?? '–'}`)
    .join('\n')
}
