import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test as base } from '@playwright/test';

const html = `<!doctype html>
<title>Checkout</title>
<h1>Checkout</h1>
<p id="state">waiting</p>
<script>
  setInterval(async () => {
    const released = await (await fetch('/released')).json();
    if (released) document.getElementById('state').textContent = 'released';
  }, 100);
</script>`;

/** A page that each worker serves itself. It says "released" once the file that RELEASE_FILE names exists. */
export const test = base.extend<object, { address: string }>({
  address: [
    async ({}, use) => {
      const server: Server = createServer((request, response) => {
        if (request.url === '/released') {
          const file = process.env.RELEASE_FILE;
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify(file !== undefined && existsSync(file)));
        } else {
          response.setHeader('content-type', 'text/html');
          response.end(html);
        }
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
    { scope: 'worker' },
  ],
});
