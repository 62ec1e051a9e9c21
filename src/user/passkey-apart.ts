/** The ceremonies of WebAuthn. Embedded as a plain module and loaded when first needed: few servers ever need its parsers. */
import * as server from '@simplewebauthn/server'

export const ceremonies = {
  startRegistration: server.generateRegistrationOptions,
  endRegistration: server.verifyRegistrationResponse,
  startAuthentication: server.generateAuthenticationOptions,
  endAuthentication: server.verifyAuthenticationResponse,
}
