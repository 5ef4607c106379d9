import { describe } from "node:test";
import type { Open } from "./store.contract.ts";

export function readingContract(_open: Open): void {
  describe("reading", () => {});
}
