// The peer in JavaScript: fastify with fast-jwt, the token in a plain HttpOnly cookie. `node fastify.mjs PORT KEYS` runs two
// workers, with the RSA pair of that folder as `private.pem` and `public.pem`.
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import cookie from '@fastify/cookie';
import { createSigner, createVerifier } from 'fast-jwt';
import fastify from 'fastify';

const [port, keys] = process.argv.slice(2);
const secret = 'a secret of thirty-two bytes, no less';
const pairs = {
  hs256: [secret, secret, 'HS256'],
  rs256: [readFileSync(`${keys}/private.pem`), readFileSync(`${keys}/public.pem`), 'RS256'],
};

async function serve() {
  const app = fastify();
  await app.register(cookie);
  for (const [name, [signing, verifying, algorithm]] of Object.entries(pairs)) {
    const sign = createSigner({ key: signing, algorithm, expiresIn: 86400000 });
    const verify = createVerifier({ key: verifying, algorithms: [algorithm] });
    app.get(`/${name}/generate`, async (_, reply) => {
      reply.setCookie('token', sign({ sub: 'bob' }), { httpOnly: true, sameSite: 'lax', path: '/' });
      return reply.redirect('/Token%20Generated%20successfully!!');
    });
    app.get(`/${name}/validate`, async (request, reply) => {
      try {
        return reply.redirect(`/${verify(request.cookies.token).sub}`);
      } catch {
        return reply.redirect('/Invalid%20token');
      }
    });
  }
  await app.listen({ host: '127.0.0.1', port: Number(port) });
}

if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
} else {
  await serve();
}
