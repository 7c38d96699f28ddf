// What teams have who use another warmer: its own package in front of their handler, as its README says.
import crypto from 'node:crypto'
import middy from '@middy/core'
import warmup from '@middy/warmup'
import lambdaWarmerPackage from 'lambda-warmer'
import thundraWarmup from '@thundra/warmup'
import openNextWrapper from '@opennextjs/aws/overrides/wrappers/aws-lambda.js'

const served = async (event) => ({ statusCode: 200, body: JSON.stringify(event) })

export const lambdaWarmer = async (event) => ((await lambdaWarmerPackage(event)) ? 'warmed' : served(event))

export const middyWarmup = middy().use(warmup()).handler(served)

export const thundra = thundraWarmup()((event, context, callback) => callback(null, { statusCode: 200 }))

// OpenNext's server sets this when its process starts; its wrapper answers warmers with it.
globalThis.serverId = 'server-' + crypto.randomBytes(8).toString('hex')
const converter = { convertFrom: async (event) => event, convertTo: async (response) => response }
export const openNext = await openNextWrapper.wrapper(served, converter)
