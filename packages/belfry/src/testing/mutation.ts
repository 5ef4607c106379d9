/** One guard taken out of one file: whoever watches over it must notice. */
export interface Mutation {
  readonly name: string;
  /** Relative to `packages/belfry/src`. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
  /** Only the suites that run on a PostgreSQL server can notice; absent: the others, and the simulation. */
  readonly watch?: "postgres";
}
