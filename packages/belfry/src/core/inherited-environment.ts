/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The only variables of ours that a program inherits. An allow-list: it must not reach the store,
 * and must not mistake the run that its node was started in for its own.
 */
const INHERITED: ReadonlySet<string> = new Set([
  "BELFRY_CONFIG",
  "BELFRY_HTTP",
  "BELFRY_LOG_FORMAT",
  "BELFRY_LOG_LEVEL",
  "BELFRY_TIME_ZONE",
]);

/** The node's environment, less what is Belfry's own. */
export function inheritedEnvironment(base: Environment): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value === undefined || (name.startsWith("BELFRY_") && !INHERITED.has(name))) continue;
    environment[name] = value;
  }
  return environment;
}
