import { BelfryError, openBelfry } from "belfry";
import express, { type ErrorRequestHandler } from "express";
import { welcome } from "./welcome.ts";

// A web server that plans and runs in its own process: `node express.ts`, then
// curl -H content-type:application/json -d '{"email":"ada@example.org"}' localhost:PORT/users

const belfry = await openBelfry({
  name: "express-example",
  store: process.env["STORE"],
  tasks: [welcome],
});
await belfry.start();

const app = express();
app.use(express.json());

app.post("/users", async (request, response) => {
  const { email } = request.body;
  const run = await belfry.trigger(welcome, {
    payload: { email },
    idempotencyKey: `welcome-${email}`,
  });
  response.status(202).json({ run: run.id });
});

app.get("/runs/:id", async (request, response) => {
  response.json(await belfry.runs.get(request.params.id));
});

const answerErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof BelfryError)) return next(error);
  const { code, message, hint } = error;
  response.status(error.kind === "not-found" ? 404 : 400).json({ code, message, hint });
};
app.use(answerErrors);

const server = app.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(JSON.stringify(server.address()));
});

// Belfry listens to no signal: the program says when it ends, and then does so by itself.
process.once("SIGTERM", async () => {
  server.close();
  await belfry[Symbol.asyncDispose]();
});
