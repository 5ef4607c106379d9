import type { Scenario } from "../scenario.ts";
import { clock } from "./clock.ts";
import { downtime } from "./downtime.ts";
import { failoverAsync, failoverSync } from "./failover.ts";
import { kill } from "./kill.ts";
import { limits } from "./limits.ts";
import { network } from "./network.ts";
import { outage } from "./outage.ts";
import { rolling } from "./rolling.ts";
import { server } from "./server.ts";
import { stop } from "./stop.ts";
import { versionBack } from "./version-back.ts";

export const SCENARIOS: readonly Scenario[] = [
  network,
  kill,
  stop,
  server,
  clock,
  outage,
  failoverSync,
  failoverAsync,
  limits,
  rolling,
  downtime,
  versionBack,
];
