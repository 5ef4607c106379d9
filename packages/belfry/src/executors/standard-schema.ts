/**
 * The part of Standard Schema (version 1, standardschema.dev) that a task needs: whatever library
 * made a schema, this is how a value is checked by it.
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validation<Output> | Promise<Validation<Output>>;
    /** Never there at run time: it only carries the types. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type Validation<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What does not fit, and where: `customer.id: Expected a number; name: Required`. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues.map(describeIssue).join("; ");
}

function describeIssue(issue: Issue): string {
  const path = (issue.path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
  return path.length === 0 ? issue.message : `${path.join(".")}: ${issue.message}`;
}
