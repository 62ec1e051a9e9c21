/** How far a long command is, on stderr: count, rate and time left, in place on a terminal, else a plain line every 5 s. */

export function reportProgress(
  unit: 'rows' | 'MB',
): (progress: { done: number; total: number }) => void {
  const begun = performance.now()
  const everyMs = process.stderr.isTTY ? 200 : 5000
  const size = unit === 'MB' ? 1e6 : 1
  let said = begun
  return ({ done, total }) => {
    const now = performance.now()
    if (now - said < everyMs) return
    said = now
    const rate = (done / (now - begun)) * 1000
    const [made, all, each] = [done, total, rate].map((count) => Math.round(count / size))
    const line = `${made} of ${all} ${unit}, ${each} a second, ${Math.ceil((total - done) / rate)} s left`
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}\r` : `${line}\n`)
  }
}
