import type { Logs } from "../log.ts";

/** What attempts say in a simulated world is not kept. */
export const NO_LOGS: Logs = {
  append: async () => {},
  read: async () => ({ lines: [], cursor: null }),
  prune: async () => {},
  close: async () => {},
};
