/**
 * Waiting to be told to stop. The first SIGINT or SIGTERM resolves; a second one ends the process at once. One Ctrl-C may come
 * twice: the terminal tells every process, and what started this one (`bun run`) tells it again.
 */
const sameMs = 250

export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | null = null
    const stop = () => {
      if (askedAt !== null && performance.now() - askedAt > sameMs) process.exit(1)
      askedAt ??= performance.now()
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
