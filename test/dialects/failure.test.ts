/** Upstream errors: whose fault each is decides who hears of it and whether another channel is tried. */
import { describe, expect, test } from 'bun:test'
import { readError, readErrorFrame } from '../../src/dialects/failure.ts'

const openai = (type: string, code: string | null, message = 'words') =>
  JSON.stringify({ error: { message, type, param: null, code } })
const anthropic = (type: string, message = 'words') =>
  JSON.stringify({ type: 'error', error: { type, message } })

describe('an error reply', () => {
  test.each([
    [400, openai('invalid_request_error', null), 'request'],
    [400, anthropic('invalid_request_error'), 'request'],
    [
      400,
      anthropic('invalid_request_error', 'Your credit balance is too low to access the API.'),
      'credential',
    ],
    [
      400,
      '[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]',
      'credential',
    ],
    [
      400,
      '{"code":"Client specified an invalid argument","error":"Incorrect API key provided: x"}',
      'credential',
    ],
    [400, openai('invalid_request_error', 'content_policy_violation'), 'policy'],
    [400, openai('', 'content_filter'), 'policy'],
    [400, openai('invalid_request_error', 'invalid_prompt'), 'policy'],
    [400, openai('invalid_request_error', 'model_decommissioned'), 'missing'],
    [401, openai('invalid_request_error', 'invalid_api_key'), 'credential'],
    [402, '', 'credential'],
    [403, anthropic('permission_error'), 'credential'],
    [404, openai('invalid_request_error', 'model_not_found'), 'missing'],
    [404, anthropic('not_found_error'), 'missing'],
    [408, '', 'timeout'],
    [413, anthropic('request_too_large'), 'request'],
    [422, '{"detail":[{"msg":"bad"}]}', 'request'],
    [429, openai('rate_limit_exceeded', 'rate_limit_exceeded'), 'limited'],
    [429, openai('insufficient_quota', 'insufficient_quota'), 'credential'],
    [429, '{"message":"You exceeded your current quota"}', 'credential'],
    [498, '', 'overloaded'],
    [500, '', 'broken'],
    [502, '<html>Bad gateway</html>', 'broken'],
    [503, '', 'overloaded'],
    [504, '', 'timeout'],
    [524, '', 'timeout'],
    [529, anthropic('overloaded_error'), 'overloaded'],
  ] as const)('of status %d with %s is of kind %s', (status, body, kind) => {
    expect(readError(status, body).kind).toBe(kind)
  })

  test.each([
    [400, openai('invalid_request_error', 'context_length_exceeded')],
    [400, openai('BadRequestError', null, "This model's maximum context length is 4096 tokens.")],
    [400, anthropic('invalid_request_error', 'prompt is too long: 215000 tokens > 200000 maximum')],
  ])('of status %d that says the prompt is too long keeps that code', (status, body) => {
    expect(readError(status, body)).toMatchObject({
      kind: 'request',
      code: 'context_length_exceeded',
    })
  })

  test('tells what the client did wrong in the provider’s words, cut to a bound', () => {
    const body = { error: { message: 'x'.repeat(5000), param: 'top_p', code: 'bad' } }
    const failure = readError(400, JSON.stringify(body))
    expect(failure).toEqual({
      kind: 'request',
      message: 'x'.repeat(1000),
      param: 'top_p',
      code: 'bad',
    })
  })

  test.each([
    ['', 502],
    ['<html><body>nginx at 10.0.0.7</body></html>', 400],
    ['null', 400],
    ['{"error":{"message":{"a":1}}}', 500],
  ])('that is no JSON error (%s) is never quoted', (body, status) => {
    expect(readError(status, body).message).toBe(`The provider answered with status ${status}.`)
  })

  test('cannot be dressed up by a client whose text is quoted in it', () => {
    const message = "Invalid value: 'your credit balance is too low'. Incorrect API key provided."
    expect(readError(400, openai('invalid_request_error', null, message)).kind).toBe('request')
  })
})

describe('an error inside a stream', () => {
  test.each([
    [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'overloaded'],
    [{ type: 'error', error: { type: 'api_error', message: 'Oops' } }, 'broken'],
    [{ error: { code: 429, message: 'slow down' } }, 'limited'],
    [{ error: { message: 'x', type: 'server_error', code: null } }, 'broken'],
    [{ error: { message: 'x', type: 'constructor' } }, 'broken'],
    [{ error: 'just words' }, 'broken'],
  ] as const)('%j is of kind %s', (body, kind) => {
    expect(readErrorFrame(structuredClone(body) as never).kind).toBe(kind)
  })
})
