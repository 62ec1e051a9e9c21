/** What the kernel knows of a process, and how fast its disk is. Linux only. */
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'

const ticksPerSecond = 100

/** Memory in MB: now, and the most since its start. */
export function readMemory(pid: number): { nowMb: number; peakMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mb = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1000
  return { nowMb: mb('VmRSS'), peakMb: mb('VmHWM') }
}

/** Processor time of all its threads since its start, in microseconds. */
export function readCpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6
}

/** How many descriptors it may open. */
export function readDescriptorLimit(pid: number | 'self'): number {
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8')
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
}

/** Milliseconds that each of some small writes takes until it is on disk: what no durable commit can beat. */
export function timeWrites(path: string, count: number): number[] {
  const file = openSync(path, 'w')
  const page = Buffer.alloc(8192)
  const times = Array.from({ length: count }, () => {
    const startedAt = performance.now()
    writeSync(file, page)
    fdatasyncSync(file)
    return performance.now() - startedAt
  })
  closeSync(file)
  rmSync(path)
  return times
}
