import { describe } from "node:test";
import type { Open } from "./store.contract.ts";

export function housekeepingContract(_open: Open): void {
  describe("housekeeping", () => {});
}
