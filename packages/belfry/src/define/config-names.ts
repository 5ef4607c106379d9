/** What a configuration may be called. One of them is enough: two would leave open which is meant. */
export const CONFIG_FILES: readonly string[] = [
  "belfry.config.ts",
  "belfry.config.js",
  "belfry.config.mjs",
  "belfry.yaml",
  "belfry.yml",
];
