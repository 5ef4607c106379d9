/**
 * What a node is there for. `serve`: everything, until it is told to stop. `tick`: what has fallen
 * due since the last tick, once. Else nothing but one run.
 */
export type Duty = "serve" | "tick" | { readonly run: string };
