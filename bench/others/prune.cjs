// Runs serverless-prune-plugin as it is published, with as much of the Serverless Framework around it as it asks for:
// a provider that sends its requests to the simulated account. Arguments: the account's URL, how many to keep, functions.
'use strict';
const path = require('node:path');
const Prune = require(path.join(process.env.PRUNE_PLUGIN, 'serverless-prune-plugin'));

const [url, keep, ...names] = process.argv.slice(2);
const paths = { listVersionsByFunction: 'versions', listAliases: 'aliases', deleteFunction: '' };

async function request(_service, action, params) {
  const query = new URLSearchParams();
  for (const key of ['Marker', 'Qualifier']) if (params[key]) query.set(key, params[key]);
  const target = `${url}/2015-03-31/functions/${params.FunctionName}/${paths[action]}?${query}`;
  const answer = await fetch(target, { method: action === 'deleteFunction' ? 'DELETE' : 'GET' });
  if (answer.ok) return answer.status === 204 ? {} : answer.json();
  const { Message } = await answer.json();
  throw Object.assign(new Error(Message), { providerError: { statusCode: answer.status, message: Message } });
}

const serverless = {
  getProvider: () => ({ request }),
  service: { custom: {}, getAllFunctions: () => names, getFunction: (name) => ({ name }) },
  cli: { log() {} },
};
const plugin = new Prune(serverless, { number: keep });
Promise.resolve(plugin.hooks['prune:prune']()).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
