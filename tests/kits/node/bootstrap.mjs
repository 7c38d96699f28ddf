// A Node runtime on Lambda's Runtime API, as small as it can be: node bootstrap.mjs HANDLER
// Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes". A callback is ignored: as in
// Lambda's own runtime, the promise of an async handler wins.
import http from 'node:http'
import * as handlers from './handlers.mjs'

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')
const base = '/2018-06-01/runtime/invocation/'
const handler = handlers[process.argv[2]]

const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path, timeout: 0 }, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts).toString() }))
    })
    request.on('error', reject)
    request.end(body)
  })

for (;;) {
  const { headers, body } = await call('GET', base + 'next')
  const id = headers['lambda-runtime-aws-request-id']
  const context = { awsRequestId: id, invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'] }
  try {
    const reply = await handler(JSON.parse(body), context, () => {})
    await call('POST', base + id + '/response', JSON.stringify(reply ?? null))
  } catch (error) {
    const failure = { errorType: error.name, errorMessage: error.message }
    await call('POST', base + id + '/error', JSON.stringify(failure))
  }
}
