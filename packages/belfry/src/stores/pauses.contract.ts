import { describe } from "node:test";
import type { Open } from "./store.contract.ts";

export function pausesContract(_open: Open): void {
  describe("pauses", () => {});
}
