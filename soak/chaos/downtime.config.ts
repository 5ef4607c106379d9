import { type ConfigOptions, cron, defineConfig, task } from "belfry";

// What a node finds that comes back after days: many schedules, each minute, of every policy.

const { CHAOS_STORE = "" } = process.env;
const COUNT = Number(process.env["CHAOS_SCHEDULES"] ?? 1_000);
const LEASE_MS = Number(process.env["CHAOS_LEASE_MS"] ?? 6_000);

/** Of a hundred: one runs all that it missed, nine run nothing of it, the others the newest. */
function catchUpOf(index: number): "all" | "none" | "latest" {
  const share = index % 100;
  if (share === 0) return "all";
  return share < 10 ? "none" : "latest";
}

const config: ConfigOptions = defineConfig({
  name: "downtime",
  store: CHAOS_STORE,
  node: { lease: `${LEASE_MS}ms`, concurrency: 200 },
  tasks: Array.from({ length: COUNT }, (_, index) => {
    const catchUp = catchUpOf(index);
    return task(`${catchUp}-${index}`, {
      schedule: cron("* * * * *"),
      catchUp,
      concurrency: "unlimited",
      run: async () => {},
    });
  }),
});

export default config;
