/** `kkai seal rotate`: a new sealing key, and everything sealed with it anew. */
import { rotateSealingKey } from '../admin/sealing-key.ts'
import { storeUrl } from '../app.ts'
import { readSettings } from '../config.ts'
import { lock } from '../store/lock.ts'
import { openStore } from '../store/open.ts'
import { processCommand } from './command.ts'

export const sealRotate = processCommand({
  name: 'seal rotate',
  about:
    'Make a new sealing key, and seal every credential and secret with it anew. No server may run.',
  examples: ['kkai seal rotate --data /var/lib/kkai'],
  details:
    'The old key is kept beside the new one under a dated name: backups made until now need it. When it may have leaked,\nreplace the providers’ credentials themselves too, and destroy it once those backups are gone.',
  start: async ({ flags, json, print }) => {
    const { config } = readSettings(flags)
    const held = lock(config.data)
    try {
      const now = Date.now()
      const store = await openStore(storeUrl(config), now)
      try {
        const rotated = await rotateSealingKey(config, store, now)
        const { sealed, unreadable, kept } = rotated
        const lost = unreadable === 0 ? '' : ` ${unreadable} could not be opened before either.`
        await print(
          json
            ? JSON.stringify(rotated)
            : `${sealed} secrets are sealed with a new key.${lost} The old one is kept as ${kept}.`,
        )
        return 0
      } finally {
        await store.close()
      }
    } finally {
      held.release()
    }
  },
})
