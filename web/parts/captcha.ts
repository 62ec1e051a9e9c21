/**
 * The little work that a registration or a mail costs (ALTCHA): asked for when the form is shown, done while it is filled
 * in, and used once. Another try does other work.
 */
import { useEffect, useRef } from 'preact/hooks'
import { api, ask, Refusal } from '../api.ts'

/** The server keeps a puzzle for ten minutes. */
const freshMs = 9 * 60_000

/** Answers a function that gives the solution once it is there. */
export function useCaptcha(): () => Promise<string> {
  const work = useRef<{ at: number; solution: Promise<string> } | null>(null)
  const start = () => {
    const solution = solve()
    // Told where it is used.
    solution.catch(() => {})
    return { at: Date.now(), solution }
  }
  useEffect(() => {
    work.current = start()
  }, [])
  return () => {
    const { current } = work
    work.current = null
    return (current && Date.now() - current.at < freshMs ? current : start()).solution
  }
}

async function solve(): Promise<string> {
  const [{ solveChallenge }, puzzle] = await Promise.all([
    import('altcha-lib/v1'),
    ask(api.captcha.get()),
  ])
  const { challenge, salt, algorithm, maxnumber } = puzzle
  const solved = await solveChallenge(challenge, salt, algorithm, maxnumber).promise
  if (solved === null) throw new Refusal('captcha_failed', 'No number solves it.')
  return btoa(JSON.stringify({ ...puzzle, number: solved.number }))
}
