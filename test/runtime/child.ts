/** A script in a process of its own: for what would end or change this one. */
const root = `${import.meta.dir}/../..`

export async function runScript(code: string, env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, '-e', code], {
    cwd: root,
    env: { PATH: '/usr/bin:/bin', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out: out.trim(), err, exitCode }
}
