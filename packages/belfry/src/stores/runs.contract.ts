import { describe } from "node:test";
import type { Open } from "./store.contract.ts";

export function runsContract(_open: Open): void {
  describe("runs", () => {});
}
