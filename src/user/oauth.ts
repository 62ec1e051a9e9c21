/** Logging in elsewhere. */
import type { Config } from '../config.ts'

export type ProviderId = 'google' | 'github' | 'oidc'

/** Those that the operator has set up, and what their buttons say. */
export function offeredProviders(config: Config): { id: ProviderId; name: string }[] {
  const { googleClientId, googleClientSecret, githubClientId, githubClientSecret } = config
  const offered: { id: ProviderId; name: string }[] = []
  if (googleClientId && googleClientSecret) offered.push({ id: 'google', name: 'Google' })
  if (githubClientId && githubClientSecret) offered.push({ id: 'github', name: 'GitHub' })
  const { oidcIssuer, oidcClientId, oidcClientSecret, oidcName } = config
  if (oidcIssuer && oidcClientId && oidcClientSecret) offered.push({ id: 'oidc', name: oidcName })
  return offered
}
