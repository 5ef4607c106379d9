import { type Belfry, BelfryError, openBelfry } from "belfry";
import fastify from "fastify";
import { welcome } from "./welcome.ts";

// The same in Fastify: Belfry starts when the server is ready and ends when it closes.

declare module "fastify" {
  interface FastifyInstance {
    readonly belfry: Belfry;
  }
}

const app = fastify();
const belfry = await openBelfry({
  name: "fastify-example",
  store: process.env["STORE"],
  tasks: [welcome],
});
app.decorate("belfry", belfry);
app.addHook("onReady", () => belfry.start());
app.addHook("onClose", () => belfry[Symbol.asyncDispose]());

app.post<{ Body: { email: string } }>("/users", async (request, reply) => {
  const { email } = request.body;
  const run = await app.belfry.trigger(welcome, {
    payload: { email },
    idempotencyKey: `welcome-${email}`,
  });
  return reply.code(202).send({ run: run.id });
});

app.get<{ Params: { id: string } }>("/runs/:id", (request) =>
  app.belfry.runs.get(request.params.id),
);

app.setErrorHandler((error, _request, reply) => {
  if (!(error instanceof BelfryError)) throw error;
  const { code, message, hint } = error;
  return reply.code(error.kind === "not-found" ? 404 : 400).send({ code, message, hint });
});

await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"] ?? 0) });
console.log(JSON.stringify(app.server.address()));

process.once("SIGTERM", () => app.close());
