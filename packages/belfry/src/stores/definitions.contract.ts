import { describe } from "node:test";
import type { Open } from "./store.contract.ts";

export function definitionsContract(_open: Open): void {
  describe("definitions", () => {});
}
