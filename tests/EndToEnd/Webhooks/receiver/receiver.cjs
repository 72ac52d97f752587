// Verifies every webhook with the reference library and prints what it found, one line of JSON each:
//   node receiver.cjs <secrets, comma separated> <statuses to answer with, comma separated; the last one from then on; "hang" never answers>
const http = require('node:http');
const { Webhook } = require('standardwebhooks');

const secrets = process.argv[2].split(',');
const answers = process.argv[3].split(',');
let count = 0;

function verified(secret, body, headers) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const answer = answers[Math.min(count++, answers.length - 1)];
    console.log(JSON.stringify({
      id: request.headers['webhook-id'],
      verified: secrets.map((secret) => verified(secret, body, request.headers)),
      forged: verified(secrets[0], `${body} `, request.headers),
      body,
    }));
    if (answer !== 'hang') {
      response.statusCode = Number(answer);
      response.end('seen');
    }
  });
});

server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
