import { defineConfig } from "belfry";

export default defineConfig({
  name: "examples",
  timeZone: "Europe/London",
  tasks: ["tasks/**/*.ts", "tasks/**/*.yaml"],
  store: "sqlite:.belfry/belfry.db",
});
