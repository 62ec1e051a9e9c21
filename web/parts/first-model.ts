/** The model that a first call is shown with: one for chat, of those the one that answered most calls lately. */
interface Seen {
  kind: string
  measured: { calls: number; uptime: number | null } | null
}

export function firstModel<M extends Seen>(models: readonly M[]): M | undefined {
  const answered = ({ measured }: Seen) => (measured?.calls ?? 0) * (measured?.uptime ?? 0)
  const chat = models.filter(({ kind }) => kind === 'chat')
  return chat.toSorted((a, b) => answered(b) - answered(a))[0]
}
