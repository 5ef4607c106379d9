import { describe } from "node:test";
import type { Open } from "./store.contract.ts";

export function gatesContract(_open: Open): void {
  describe("gates", () => {});
}
