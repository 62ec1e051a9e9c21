/** A passkey without a device: makes a key pair and answers WebAuthn's ceremonies as a browser does, attestation "none". */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest()
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

const present = 0x01
const verified = 0x04
const attested = 0x40

interface Options {
  challenge: string
}
export type Authenticator = ReturnType<typeof newAuthenticator>

export function newAuthenticator(origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credential = randomBytes(16)
  const id = base64url(credential)
  let counter = 0

  const clientData = (type: string, { challenge }: Options, at: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: at, crossOrigin: false }))
  const facts = (flags: number, at: string) => {
    const head = Buffer.alloc(5)
    head.writeUInt8(flags, 0)
    head.writeUInt32BE(counter, 1)
    return Buffer.concat([sha256(new URL(at).hostname), head])
  }
  const answer = (response: object) => ({
    ...{ id, rawId: id, type: 'public-key', response, clientExtensionResults: {} },
  })

  function create(options: Options) {
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    // A COSE key in CBOR: kty EC2, alg ES256, crv P-256, x, y.
    const key = [
      Buffer.from('a5010203262001215820', 'hex'),
      ...[Buffer.from(x, 'base64url'), Buffer.from('225820', 'hex'), Buffer.from(y, 'base64url')],
    ]
    const data = Buffer.concat([
      ...[facts(present | verified | attested, origin), Buffer.alloc(16)],
      ...[Buffer.from([0, credential.length]), credential, ...key],
    ])
    // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
    const start = 'a363666d74646e6f6e656761747453746d74a068617574684461746158'
    const attestation = Buffer.concat([Buffer.from(start, 'hex'), Buffer.from([data.length]), data])
    return answer({
      clientDataJSON: base64url(clientData('webauthn.create', options, origin)),
      attestationObject: base64url(attestation),
      transports: ['internal'],
    })
  }

  /** `at`: the page that asks; `seen`: whether the device asked who holds it. */
  function get(options: Options, { at = origin, seen = true, step = 1 } = {}) {
    counter += step
    const client = clientData('webauthn.get', options, at)
    const data = facts(seen ? present | verified : present, at)
    const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
    return answer({
      clientDataJSON: base64url(client),
      authenticatorData: base64url(data),
      signature: base64url(signature),
    })
  }
  return { id, create, get }
}
