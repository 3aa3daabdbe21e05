// Takes orders, with node-redis as it is by default and the least code for two regions: on an error it goes to the next region,
// and some seconds later it tries home again.
//
// aafailover drill app region-down -- node docs/examples/node-redis/service.js {us} {eu}

const { createClient } = require('redis');
const { randomBytes } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');

const homeAfter = 5000; // ms

const clients = process.argv.slice(2).map((url) => createClient({ url })); // home first
let active = 0;
let tryHome = 0;

// perform does it where the orders go, and on an error in the next region, until it is done.
async function perform(it) {
  for (;;) {
    if (active !== 0 && Date.now() > tryHome) active = 0;
    const at = active;
    try {
      return await it(clients[at]);
    } catch (error) {
      if (active === at) {
        active = (at + 1) % clients.length;
        tryHome = Date.now() + homeAfter;
        console.log('to region', active, 'after:', error.message);
      }
    }
  }
}

async function work(name) {
  for (let n = 0; ; n++) {
    await perform((c) => c.set(`${name}-${n}`, '3 pairs of shoes', { EX: 600 }));
    if (n % 10 === 9) {
      await perform((c) => c.incr(`customer:${n % 7}`));
      await perform((c) => c.get(`${name}-${n - 5}`)); // null: an order is gone; a real service would complain
    }
    await sleep(10);
  }
}

async function main() {
  for (const client of clients) {
    client.on('error', () => {}); // it connects again by itself; without a listener node would end
    await client.connect();
  }
  await Promise.all([0, 1, 2, 3].map((worker) => work(`order:${randomBytes(3).toString('hex')}-${worker}`)));
}

main();
