import { task } from "belfry";
import { z } from "zod";

/** Greets a user, once for each address, also where the server dies half-way. */
export const welcome = task("welcome", {
  payload: z.object({ email: z.email() }),
  retry: 5,
  run: async (ctx) => {
    await ctx.once("mail", () => ctx.log.info(`Welcome, ${ctx.payload.email}!`));
    return { greeted: ctx.payload.email };
  },
});
