import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { BelfryError } from "../core/errors.ts";

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The name of a value that only the node knows. */
export interface Secret {
  /** The environment variable that holds the value. */
  readonly secret: string;
}

/** As JSON, as text and in an inspector it is `secret(NAME)`: nothing prints, stores or hashes more. */
class NamedSecret implements Secret {
  readonly secret: string;

  constructor(name: string) {
    this.secret = name;
  }

  toString(): string {
    return `secret(${this.secret})`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/**
 * Names a secret, to be read on the node when it is needed: from the environment variable `name`,
 * or from the file that `name` + `_FILE` points to (as container platforms mount secrets).
 *
 * In YAML: `{ secret: NAME }`.
 */
export function secret(name: string): Secret {
  return new NamedSecret(name);
}

/**
 * The value of an environment variable, or the content of the file that `NAME_FILE` names, without
 * its last line break; null where neither is set.
 *
 * @throws BelfryError `unreadable-secret` where the file cannot be read.
 */
export function readSecret(name: string, environment: Environment): string | null {
  const value = environment[name];
  if (value !== undefined) return value;
  const file = environment[`${name}_FILE`];
  if (file === undefined) return null;
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    const hint = "check that the file exists and that this user may read it";
    const message = `cannot read the file that ${name}_FILE names`;
    throw new BelfryError("usage", "unreadable-secret", message, hint, { file }, { cause });
  }
}

/**
 * The value of a secret on this node.
 *
 * @throws BelfryError `missing-secret` where it is set nowhere, `unreadable-secret` where its file
 * cannot be read.
 */
export function resolveSecret(secret: Secret, environment: Environment): string {
  const value = readSecret(secret.secret, environment);
  if (value !== null) return value;
  const hint = `set ${secret.secret}, or ${secret.secret}_FILE to a file that holds it`;
  throw new BelfryError("usage", "missing-secret", `secret ${secret.secret} is not set`, hint);
}
