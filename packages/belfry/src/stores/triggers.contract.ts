import { describe } from "node:test";
import type { Open } from "./store.contract.ts";

export function triggersContract(_open: Open): void {
  describe("triggers", () => {});
}
