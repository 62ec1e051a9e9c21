/** argv → a command, its values and settings; what comes of it → stdout, stderr and the exit code. */
import { CommanderError, Command as Parser } from 'commander'
import type { Parts } from '../admin/parts.ts'
import { FatalError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { camel, readSettings, type SettingName, settings } from '../config.ts'
import type { Command, Values } from './command.ts'
import { describeFailure } from './failure.ts'
import { commands } from './list.ts'
import { runCommand, runInServer } from './run.ts'
import { version } from './version.ts'

/** Settings that every command takes as flags; a server takes all but the secret ones, which `ps` would show. */
const everywhere: readonly SettingName[] = ['data', 'log_level']
const serving = ['serve', 'demo', 'simulate']

/** Answers the exit code: 0, 1 failed, 2 wrong command or input, 78 wrong settings. */
export async function runCommandLine(args: string[]): Promise<number> {
  let chosen: { command: Command; options: Values } | null = null
  const parser = buildParser((command, options) => {
    chosen = { command, options }
  })
  try {
    parser.parse(args.length === 0 ? ['--help'] : args, { from: 'user' })
    return chosen === null ? 0 : await run(chosen)
  } catch (cause) {
    if (cause instanceof CommanderError && cause.exitCode === 0) return 0
    const failure = describeFailure(
      cause instanceof CommanderError ? usageError(cause, args) : cause,
    )
    const { exit, ...error } = failure
    process.stderr.write(`${failure.message}\n`)
    if (args.includes('--json')) await print(JSON.stringify({ error }))
    return exit
  }
}

async function run({ command, options }: { command: Command; options: Values }): Promise<number> {
  const json = options.json === 'true'
  const [flags, values] = divide(command, options)
  if ('start' in command) return command.start({ values, flags, json, print, runNamed })
  const { config } = readSettings(flags)
  const prepared = command.prepare ? await command.prepare(values) : values
  const result = await runCommand(config, command, prepared)
  await print(json ? JSON.stringify(result) : command.describe(result))
  return 0
}

/** What another process asked of this server. */
function runNamed(parts: Parts, name: string, values: Values): Promise<JsonObject> {
  const command = commands.find((one) => one.name === name)
  if (!command || !('run' in command)) {
    throw new FatalError(
      `The running server does not know the command ${name}; it may be an older version.`,
    )
  }
  return runInServer(parts, command, values)
}

/** A reader that has gone (`| head`) has had enough: that is no failure. */
async function print(text: string): Promise<void> {
  await Bun.write(Bun.stdout, `${text}\n`).catch((cause: { code?: string }) => {
    if (cause.code === 'EPIPE') process.exit(0)
    throw cause
  })
}

type Choose = (command: Command, options: Values) => void

function buildParser(choose: Choose): Parser {
  const parser = new Parser('kkai')
    .description('An LLM API gateway that sells metered calls from pre-paid credit.')
    .version(version, '--version')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .helpCommand(false)
  const groups = new Map<string, Parser>()
  for (const command of commands) {
    const words = command.name.split(' ')
    const name = words.pop()!
    const group = words[0] === undefined ? parser : groupOf(parser, groups, words[0])
    addCommand(group, name, command, choose)
  }
  return parser
}

function groupOf(parser: Parser, groups: Map<string, Parser>, name: string): Parser {
  const known = groups.get(name)
  if (known) return known
  const abouts = commands
    .filter((one) => one.name.startsWith(`${name} `))
    .map((one) => one.name.split(' ')[1])
  const group = parser.command(name).description(abouts.join(', ')).helpCommand(false)
  groups.set(name, group)
  return group
}

function addCommand(group: Parser, name: string, command: Command, choose: Choose): void {
  const sub = group
    .command(name)
    .description(command.about)
    .addHelpText('after', helpAfter(command))
    .option('--json', 'one JSON object on stdout')
    .option('--config <file>', 'settings file (default: kkai.toml in the data directory)')
  for (const argument of command.arguments ?? []) sub.argument(argument)
  for (const { flags, about, needed } of command.options ?? []) {
    if (needed) sub.requiredOption(flags, about)
    else sub.option(flags, about)
  }
  for (const setting of settingsOf(command)) {
    const { help, fallback } = settings[setting]
    const value = fallback ? ` (default: ${fallback})` : ''
    sub.option(`--${setting.replaceAll('_', '-')} <value>`, help + value)
  }
  sub.action((...given) => {
    const args = sub.registeredArguments.map((one, at) => [one.name(), String(given[at])])
    const options = Object.entries(sub.opts()).map(([key, value]) => [key, String(value)])
    choose(command, Object.fromEntries([...args, ...options]))
  })
}

function helpAfter({ details, examples }: Command): string {
  const shown = examples.map((one) => `\n  ${one}`).join('')
  return `${details ? `\n${details}\n` : ''}\nExamples:${shown}`
}

function settingsOf(command: Command): SettingName[] {
  const names = Object.keys(settings) as SettingName[]
  const all = serving.includes(command.name)
  return names.filter((name) => everywhere.includes(name) || (all && !settings[name].secret))
}

/** The settings among the options, by their own names, and the rest. */
function divide(command: Command, options: Values): [Values, Values] {
  const { json: _, config, ...rest } = options
  const flags: Record<string, string> = config === undefined ? {} : { config }
  const values: Record<string, string> = rest
  for (const name of settingsOf(command)) {
    const key = camel(name)
    const value = values[key]
    if (value === undefined) continue
    flags[name] = value
    delete values[key]
  }
  return [flags, values]
}

/** Leads to the help of the command that was meant, or of its group. */
function usageError({ code, message }: CommanderError, args: readonly string[]): FatalError {
  const words = message.replace(/^error: |\.$/g, '').replaceAll('\n', ' ')
  const what = code === 'commander.help' ? 'That command is not complete' : words
  const known = new Set(commands.flatMap(({ name }) => [name, name.split(' ')[0]]))
  const typed = [args.slice(0, 2).join(' '), args[0]].find((words) => known.has(words))
  return new FatalError(`${what}. See kkai ${typed ? `${typed} ` : ''}--help.`, 2)
}
