import { BelfryError } from "../core/errors.ts";
import type { Redactor } from "../core/redactor.ts";
import { SECRET_LENGTH_MIN } from "../core/secret-forms.ts";
import type { ReadSecret, Work } from "../executor.ts";
import type { HeartbeatTarget } from "../heartbeat.ts";
import type { Config } from "./config.ts";
import type { LoadedTask } from "./load.ts";
import { type Problem, warning } from "./problem.ts";
import { type Environment, resolveSecret } from "./secret.ts";

/** The secrets of a node: whatever is read is taken out of all that is kept from then on. */
export class NodeSecrets {
  readonly #environment: Environment;
  readonly #redactor: Redactor;
  readonly #onShort: (error: BelfryError) => void;
  readonly #short = new Set<string>();

  /** @param onShort is told once of each secret that cannot be taken out. */
  constructor(environment: Environment, redactor: Redactor, onShort: (error: BelfryError) => void) {
    this.#environment = environment;
    this.#redactor = redactor;
    this.#onShort = onShort;
  }

  /** Read each time it is needed, as a file may have been replaced. */
  readonly read: ReadSecret = (name) => {
    const value = resolveSecret({ secret: name }, this.#environment);
    if (this.#redactor.know(name, value) === "short" && !this.#short.has(name)) {
      this.#short.add(name);
      this.#onShort(tooShort(name));
    }
    return value;
  };

  /**
   * Reads what may be needed before anything runs: one task may print another's. What is missing is
   * told by the attempt that needs it.
   */
  learn(names: Iterable<string>): void {
    for (const name of names) {
      try {
        this.read(name);
      } catch (error) {
        if (!(error instanceof BelfryError)) throw error;
      }
    }
  }
}

/** The secrets that tasks name. */
export function taskSecrets(
  tasks: readonly { readonly work: Work; readonly heartbeat?: HeartbeatTarget }[],
): readonly string[] {
  return tasks.flatMap(({ work, heartbeat }) => [
    ...("env" in work ? namesIn(work.env) : []),
    ...("stdin" in work ? namesIn(work.stdin) : []),
    ...namesIn(heartbeat),
  ]);
}

/** The secrets that a configuration lists, and those that its channels and the like name. */
export function configSecrets(
  config: Pick<Config, "secrets" | "channels" | "smtp" | "node">,
): readonly string[] {
  const { secrets, channels, smtp, node } = config;
  return [...secrets, ...namesIn([...channels.values(), smtp, node.heartbeat])];
}

/** Wherever a value holds the name of a secret: they are written in one way. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  if ("secret" in value && typeof value.secret === "string") return [value.secret];
  return Object.values(value).flatMap(namesIn);
}

/** Tasks in whose arguments the value of a secret stands, where every user of the host can see it. */
export function exposedSecrets(
  tasks: readonly LoadedTask[],
  redactor: Redactor,
): readonly Problem[] {
  return tasks.flatMap(({ work, definition, file, line }) => {
    if (work.kind === "function") return [];
    const exposes = work.argv.some((argument) => redactor.text(argument) !== argument);
    if (!exposes) return [];
    const { severity, message, hint } = warning(
      [],
      "the value of a secret stands in its arguments, and all users of this host see those",
      "give it by env or by stdin",
    );
    const path = `${definition.task}.${work.kind}`;
    return [{ severity, file, line, path, message, hint }];
  });
}

function tooShort(name: string): BelfryError {
  return new BelfryError(
    "usage",
    "short-secret",
    `The secret ${name} has fewer than ${SECRET_LENGTH_MIN} characters, so it is not taken out of what tasks say.`,
    "Use a longer one.",
  );
}
