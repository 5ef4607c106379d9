import { freemem, loadavg } from "node:os";
import { every, task } from "belfry";

/** Due every 15 seconds, so that there is something to see soon after `npm start`. */
export const pulse = task("pulse", {
  description: "Load and free memory of this machine",
  schedule: every("15s"),
  catchUp: "none",
  run(ctx) {
    const [load = 0] = loadavg();
    const freeMiB = Math.round(freemem() / 1024 / 1024);
    ctx.log.info("still beating", { load, freeMiB });
    ctx.report({ load, freeMiB });
  },
});
